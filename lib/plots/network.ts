import { outlineNetwork, type Stage, type Unit } from '../models/outline';
import type { tf } from '../tf';
import { drawing } from './drawing';
import { type Annotation, COLOURS, type Figure, type Shape } from './figure';

/** Pixels: a stage's row, the words before it, the widest box, a box's height. */
const [ROW, WORDS, WIDEST, HEIGHT] = [96, 130, 74, 34];
const WIDTH = 820;
/** What a narrower box can't name. */
const LEGIBLE = 40;
const FILLS: Record<Unit['kind'], string> = { convolution: '#d6e8f5', pooling: '#f1f1f1', dense: '#fbe7c6' };

/**
 * A model's layers in rows, one for each size of its maps, and the shortcuts around them: full curves are identities,
 * dashed ones projections. Batch normalisation and activations belong to the layer before them and are left out.
 *
 * @throws TypeError when the model branches in another way than residual blocks do.
 */
export function plotNetwork(model: tf.LayersModel, title = 'The network'): Figure {
  const stages = joinHead(outlineNetwork(model));
  const longest = Math.max(...stages.map(({ units }) => units.length));
  const pitch = Math.min(WIDEST + 10, (WIDTH - WORDS - 20) / longest);
  const height = stages.length * ROW;
  const rows = stages.map((stage, i) => drawStage(stage, i * ROW, pitch));
  return drawing(
    { width: WIDTH, height, title },
    rows.flatMap(({ shapes }) => shapes),
    rows.flatMap(({ annotations }) => annotations),
    `${title}: ${stages.map(describeStage).join('; ')}.`,
  );
}

/** What comes behind the maps, a row of single numbers each, stands in one row. */
function joinHead(stages: Stage[]): Stage[] {
  const isHead = ({ shape }: Stage) => shape.length === 1 || (shape[0] === 1 && shape[1] === 1);
  const head = stages.filter(isHead);
  const body = stages.filter((stage) => !isHead(stage));
  if (head.length < 2) return stages;
  return [...body, { shape: head[head.length - 1].shape, units: head.flatMap(({ units }) => units), shortcuts: [] }];
}

function drawStage({ shape, units, shortcuts }: Stage, top: number, pitch: number) {
  const middle = top + ROW / 2 + 8;
  const width = pitch * 0.86;
  const left = (i: number) => WORDS + i * pitch;
  const shapes: Shape[] = [
    { type: 'line', x0: WORDS - 12, x1: left(units.length), y0: middle, y1: middle, line: GREY },
  ];
  const annotations: Annotation[] = [note(describeShape(shape), 12, middle, { xanchor: 'left', font: { size: 12 } })];
  units.forEach((unit, i) => {
    const box = { x0: left(i), x1: left(i) + width, y0: middle - HEIGHT / 2, y1: middle + HEIGHT / 2 };
    shapes.push({ type: 'rect', ...box, fillcolor: FILLS[unit.kind], line: { color: '#6b7c93', width: 1 } });
    if (width >= LEGIBLE)
      annotations.push(note(describeUnit(unit), left(i) + width / 2, middle, { font: { size: 9 } }));
  });
  for (const { from, to, kind } of shortcuts) {
    const [x0, x1] = [left(from) - pitch * 0.07, left(to) + width + pitch * 0.07];
    const [low, high] = [middle - 2, middle - HEIGHT - 16];
    const curve = `M${x0},${low} Q${x0},${high} ${(x0 + x1) / 2},${high} Q${x1},${high} ${x1},${low}`;
    const line = { color: COLOURS[kind === 'identity' ? 2 : 1], width: 2 };
    shapes.push({ type: 'path', path: curve, line: kind === 'identity' ? line : { ...line, dash: 'dash' } });
  }
  return { shapes, annotations };
}

const GREY = { color: '#9aa7b8', width: 2 };

function note(text: string, x: number, y: number, more: Partial<Annotation>) {
  return { text, x, y, ...more };
}

const describeShape = (shape: number[]) =>
  shape.length === 3 && shape[0] > 1 ? `${shape[0]}×${shape[1]}<br>${shape[2]} features` : `${shape.at(-1)} numbers`;

function describeUnit({ kind, kernelSize, features }: Unit): string {
  if (kind === 'dense') return `dense<br>${features}`;
  const size = kernelSize ? ` ${kernelSize.join('×')}` : '';
  return kind === 'pooling' ? `pool${size}` : `conv${size}<br>${features}`;
}

function describeStage({ shape, units, shortcuts }: Stage): string {
  const count = (kind: string) => shortcuts.filter((shortcut) => shortcut.kind === kind).length;
  const ways =
    shortcuts.length > 0 ? `, ${count('identity')} identity and ${count('projection')} projection shortcuts` : '';
  return `${shape.join('×')}: ${units.length} layers${ways}`;
}
