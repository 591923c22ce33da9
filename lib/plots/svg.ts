// The static picture of every figure, for GitHub, nbconvert and whoever can't run Plotly: it draws what this library's
// figures use of Plotly's JSON. (ECharts draws without a browser too, but it takes 62 MB, wants a translation of that
// JSON as long as this, and makes 34 KB of a curve that takes 4 KB here.)
import { type Annotation, type Axis, COLOURS, type Figure, type Layout, type Shape, type Trace } from './figure';
import { makeScale, type Scale } from './svg-scale';

type Box = { left: number; top: number; right: number; bottom: number };

const INK = '#2a3f5f';
const ANCHORS: Record<string, string> = { left: 'start', center: 'middle', right: 'end' };
const round = (value: number) => Math.round(value * 10) / 10;
const escapeXml = (text: string) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

/** The figure as an SVG document, which carries the figure's description. */
export function figureSvg({ data, layout, description }: Figure): string {
  const [traces, page] = [data as Trace[], layout as Layout];
  const { width = 820, height = 360, title } = page;
  const named = traces.filter(({ name, showlegend }) => name !== undefined && showlegend !== false);
  const legend = (page.showlegend ?? named.length > 1) ? named : [];
  const margin = { l: 60, r: legend.length > 0 ? 140 : 20, t: title ? 50 : 20, b: 50, ...page.margin };
  const box = { left: margin.l, top: margin.t, right: width - margin.r, bottom: height - margin.b };
  const parts = [...new Set(['x', ...traces.map(({ xaxis = 'x' }) => xaxis)])].map((name) => {
    const own = traces.filter(({ xaxis = 'x' }) => xaxis === name);
    return drawPanel(own, layout as Record<string, Axis>, name.slice(1), box, name === 'x' ? page : {});
  });
  if (title) parts.push(label(title.text, width / 2, 30, 'middle', 17));
  legend.forEach(({ name = '', line }, i) => {
    const y = box.top + 10 + 20 * i;
    parts.push(`<path d="M${box.right + 12} ${y}h22" stroke="${line?.color}" stroke-width="3"/>`);
    parts.push(label(name, box.right + 40, y + 4));
  });
  const size = `width="${round(width)}" height="${round(height)}" viewBox="0 0 ${round(width)} ${round(height)}"`;
  const style = 'font-family="Open Sans, verdana, arial, sans-serif" role="img"';
  const words = `<title>${escapeXml(description)}</title><rect width="100%" height="100%" fill="#fff"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${style}>${words}${parts.join('')}</svg>`;
}

/** One pair of axes with what is drawn on it; shapes and annotations belong to the first. */
function drawPanel(traces: Trace[], axes: Record<string, Axis>, panel: string, page: Box, extra: Layout): string {
  const [xAxis, yAxis] = [axes[`xaxis${panel}`] ?? {}, axes[`yaxis${panel}`] ?? {}];
  const [left, right] = (xAxis.domain ?? [0, 1]).map((part) => page.left + part * (page.right - page.left));
  const box = { ...page, left, right };
  if (yAxis.scaleanchor && xAxis.range && yAxis.range) keepSquare(box, xAxis.range, yAxis.range);
  const values = (name: 'x' | 'y') => traces.flatMap((trace) => trace[name] ?? []);
  const x = makeScale(xAxis, values('x'), box.left, box.right);
  const y = makeScale(yAxis, values('y'), box.bottom, box.top);
  return [
    drawAxes(x, y, xAxis, yAxis, box),
    ...traces.map((trace, i) => drawTrace(trace, COLOURS[i % COLOURS.length], x, y)),
    ...(extra.shapes ?? []).map((shape) => drawShape(shape, x, y)),
    ...(extra.annotations ?? []).map((annotation) => drawAnnotation(annotation, x, y)),
  ].join('');
}

/** Narrows the box on both sides until a unit is as wide as it is high. */
function keepSquare(box: Box, [x0, x1]: number[], [y0, y1]: number[]): void {
  const spare = box.right - box.left - (Math.abs(x1 - x0) * (box.bottom - box.top)) / Math.abs(y1 - y0);
  box.left += Math.max(0, spare / 2);
  box.right -= Math.max(0, spare / 2);
}

function drawAxes(x: Scale, y: Scale, xAxis: Axis, yAxis: Axis, { left, top, right, bottom }: Box): string {
  const size = typeof x.ticks[0]?.value === 'string' ? 9 : 12;
  const parts = x.ticks.map(({ value, text }) => label(text, x.at(value), bottom + 18, 'middle', size));
  for (const { value, text } of y.ticks) {
    const grid = `<path d="M${round(left)} ${round(y.at(value))}H${round(right)}" stroke="#e5e9f0"/>`;
    if (typeof value === 'number') parts.push(grid);
    parts.push(label(text, left - 8, y.at(value) + 4, 'end'));
  }
  if (xAxis.title) parts.push(label(xAxis.title.text, (left + right) / 2, bottom + 40, 'middle', 13));
  if (yAxis.title) {
    const place = `translate(${typeof y.ticks[0]?.value === 'string' ? 14 : round(left - 44)} ${round((top + bottom) / 2)}) rotate(-90)`;
    parts.push(`<g transform="${place}">${label(yAxis.title.text, 0, 0, 'middle', 13)}</g>`);
  }
  return parts.join('');
}

function drawTrace(trace: Trace, colour: string, h: Scale, v: Scale): string {
  const { type, mode = '', source, x = [], y = [], z = [], line } = trace;
  if (type === 'image') {
    const png = Buffer.from(source?.split(',')[1] ?? '', 'base64');
    const [right, bottom] = [png.readUInt32BE(16) - 0.5, png.readUInt32BE(20) - 0.5];
    return `<image href="${source}" ${rectangle(h.at(-0.5), v.at(-0.5), h.at(right), v.at(bottom))} preserveAspectRatio="none" style="image-rendering:pixelated"/>`;
  }
  if (type === 'heatmap') {
    const most = Math.max(1, ...z.flat());
    const cell = (value: number, row: number, column: number) =>
      `<rect ${rectangle(h.at(column - 0.5), v.at(row - 0.5), h.at(column + 0.5), v.at(row + 0.5))} fill="${COLOURS[0]}" fill-opacity="${(value / most).toFixed(2)}"/>`;
    return z.map((row, i) => row.map((value, j) => (value > 0 ? cell(value, i, j) : '')).join('')).join('');
  }
  const stroke = line?.color ?? colour;
  // A value that is none, such as the loss of a training that diverged, leaves a gap.
  const runs: number[][][] = [[]];
  for (const [i, at] of x.entries()) {
    if (y[i] === null || !Number.isFinite(v.at(y[i]))) runs.push([]);
    else runs[runs.length - 1].push([round(h.at(at)), round(v.at(y[i]))]);
  }
  const paint = `fill="none" stroke="${stroke}" stroke-width="${line?.width ?? 2}"`;
  const curves = runs.map((points) => (points.length > 1 ? `<polyline points="${points.join(' ')}" ${paint}/>` : ''));
  const dots = runs.flat().map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3" fill="${stroke}"/>`);
  return (mode.includes('lines') ? curves.join('') : '') + (mode.includes('markers') ? dots.join('') : '');
}

/** The attributes of the rectangle with these corners, whichever of them come first. */
function rectangle(x0: number, y0: number, x1: number, y1: number): string {
  const [left, top] = [Math.min(x0, x1), Math.min(y0, y1)];
  return `x="${round(left)}" y="${round(top)}" width="${round(Math.abs(x1 - x0))}" height="${round(Math.abs(y1 - y0))}"`;
}

function drawShape({ type, x0 = 0, y0 = 0, x1 = 0, y1 = 0, path = '', fillcolor, line }: Shape, x: Scale, y: Scale) {
  const dash = line?.dash ? ' stroke-dasharray="5 4"' : '';
  const paint = `fill="${fillcolor ?? 'none'}" stroke="${line?.color ?? INK}" stroke-width="${line?.width ?? 2}"${dash}`;
  if (type === 'rect') return `<rect ${rectangle(x.at(x0), y.at(y0), x.at(x1), y.at(y1))} ${paint}/>`;
  const way = type === 'line' ? `M${x0},${y0} L${x1},${y1}` : path;
  const place = (_: string, a: string, b: string) => `${round(x.at(Number(a)))},${round(y.at(Number(b)))}`;
  return `<path d="${way.replace(/(-?[\d.]+),(-?[\d.]+)/g, place)}" ${paint}/>`;
}

function drawAnnotation({ text, x, y, xanchor = 'center', yanchor = 'middle', font }: Annotation, h: Scale, v: Scale) {
  const size = font?.size ?? 12;
  const lines = text.split('<br>');
  const up = { top: 0, middle: lines.length / 2, bottom: lines.length }[yanchor] ?? 0;
  return lines
    .map((line, i) => label(line, h.at(x), v.at(y) + (i + 0.85 - up) * size * 1.2, ANCHORS[xanchor], size, font?.color))
    .join('');
}

function label(text: string, x: number, y: number, anchor = 'start', size = 12, colour = INK): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" font-size="${size}" fill="${colour}">${escapeXml(text)}</text>`;
}
