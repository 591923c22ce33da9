import type { Axis, Value } from './figure';

/** Turns the values of an axis into pixels, and knows the axis's marks. */
export interface Scale {
  at: (value: Value) => number;
  ticks: { value: Value; text: string }[];
}

/** The scale of an axis with these values between two pixels. Categories stand at 0, 1, …, as in Plotly. */
export function makeScale(axis: Axis, values: Value[], start: number, end: number): Scale {
  const names = [...new Set(values.filter((value) => typeof value === 'string'))];
  const position = (value: Value) => {
    if (typeof value === 'string') return names.indexOf(value);
    return axis.type === 'log' ? Math.log10(value ?? 1) : (value ?? 0);
  };
  const places = values.flatMap((value) => (value === null ? [] : [position(value)])).filter(Number.isFinite);
  const [lo, hi] = axis.range ?? rangeOf(axis, places, names.length > 0);
  const at = (value: Value) => start + ((position(value) - lo) / (hi - lo)) * (end - start);
  if (axis.visible === false) return { at, ticks: [] };
  if (names.length > 0) return { at, ticks: names.map((name) => ({ value: name, text: `${name}` })) };
  const [least, most] = [Math.min(lo, hi), Math.max(lo, hi)];
  const marks = axis.type === 'log' ? logMarks(least, most) : linearMarks(least, most, axis.dtick);
  return { at, ticks: marks.map((value) => ({ value, text: String(Number(value.toPrecision(9))) })) };
}

function rangeOf({ rangemode, autorange }: Axis, places: number[], isCategorical: boolean): number[] {
  if (places.length === 0) return [0, 1];
  const most = places.reduce((a, b) => Math.max(a, b));
  const least = places.reduce((a, b) => Math.min(a, b), rangemode === 'tozero' ? 0 : most);
  const pad = isCategorical ? 0.5 : (most - least) * 0.05 || 0.5;
  const range = [least === 0 && rangemode === 'tozero' ? 0 : least - pad, most + pad];
  return autorange === 'reversed' ? range.reverse() : range;
}

/** Multiples of the step, or of 1, 2 or 5 times a power of ten, of which there are at most 7. */
function linearMarks(lo: number, hi: number, dtick?: number): number[] {
  const power = 10 ** Math.floor(Math.log10((hi - lo) / 6));
  const step = dtick ?? power * ([1, 2, 5].find((factor) => (hi - lo) / (factor * power) <= 6) ?? 10);
  const first = Math.ceil(lo / step);
  return Array.from({ length: Math.floor(hi / step) - first + 1 }, (_, i) => (first + i) * step);
}

/** Powers of ten, and where there are fewer than two their double and fivefold. */
function logMarks(lo: number, hi: number): number[] {
  const powers = Array.from({ length: Math.ceil(hi) - Math.floor(lo) + 1 }, (_, i) => 10 ** (Math.floor(lo) + i));
  const inside = (marks: number[]) => marks.filter((mark) => Math.log10(mark) >= lo && Math.log10(mark) <= hi);
  return inside(powers).length > 1 ? inside(powers) : inside(powers.flatMap((power) => [power, 2 * power, 5 * power]));
}
