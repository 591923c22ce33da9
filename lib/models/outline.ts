import type { tf } from '../tf';

/** A layer with weights, or one that changes the shape, along the main path. */
export interface Unit {
  kind: 'convolution' | 'pooling' | 'dense';
  name: string;
  /** Of a convolution or pooling: [rows, columns]. */
  kernelSize?: number[];
  /** Features of the output. */
  features: number;
}

/** A way around some units, to the addition behind the last of them. */
export interface Shortcut {
  /** The first and the last unit of the stage that it goes around. */
  from: number;
  to: number;
  kind: 'identity' | 'projection';
}

/** Units whose maps have one size. */
export interface Stage {
  /** [height, width, features] at its end, or [features] behind the maps. */
  shape: number[];
  units: Unit[];
  shortcuts: Shortcut[];
}

/**
 * A model as one draws it: its stages, their layers along the main path, and the shortcuts around them.
 *
 * @throws TypeError when the model branches in another way than residual blocks do.
 */
export function outlineNetwork(model: tf.LayersModel): Stage[] {
  const joining = model.layers.find((layer) => inputsOf(layer).length > 1 && layer.getClassName() !== 'Add');
  if (joining) throw notResidual(joining, `it is a layer ${joining.getClassName()} of ${inputsOf(joining).length}`);
  const main = new Set(model.layers);
  const found: { first: tf.layers.Layer; last: tf.layers.Layer; kind: Shortcut['kind'] }[] = [];
  for (const layer of model.layers.filter((each) => each.getClassName() === 'Add')) {
    const { residual, shortcut } = branches(layer);
    for (const each of shortcut) main.delete(each);
    const units = residual.filter(isUnit);
    found.push({
      first: units[0],
      last: units[units.length - 1],
      kind: shortcut.length > 0 ? 'projection' : 'identity',
    });
  }
  const stages: (Stage & { layers: tf.layers.Layer[] })[] = [];
  for (const layer of model.layers.filter((each) => main.has(each) && isUnit(each))) {
    const shape = (layer.outputShape as number[]).slice(1);
    if (stages.length === 0 || sizeOf(stages[stages.length - 1].shape) !== sizeOf(shape)) {
      stages.push({ shape, units: [], shortcuts: [], layers: [] });
    }
    const stage = stages[stages.length - 1];
    stage.shape = shape;
    stage.units.push(describeUnit(layer));
    stage.layers.push(layer);
  }
  return stages.map(({ layers, ...stage }) => ({
    ...stage,
    shortcuts: found
      .filter(({ first, last }) => layers.includes(first) && layers.includes(last))
      .map(({ first, last, kind }) => ({ from: layers.indexOf(first), to: layers.indexOf(last), kind })),
  }));
}

/** The two ways into an addition, from where they part: the one with more units is the residual. */
function branches(add: tf.layers.Layer): { residual: tf.layers.Layer[]; shortcut: tf.layers.Layer[] } {
  const inputs = inputsOf(add);
  if (inputs.length !== 2) throw notResidual(add, `it adds ${inputs.length}`);
  const [a, b] = [wayFrom(inputs[0], upstream(inputs[1]), add), wayFrom(inputs[1], upstream(inputs[0]), add)];
  const units = (way: tf.layers.Layer[]) => way.filter(isUnit).length;
  const [residual, shortcut] = units(a) > units(b) ? [a, b] : [b, a];
  if (units(residual) === 0) throw notResidual(add, 'neither has layers with weights');
  return { residual, shortcut };
}

function notResidual(add: tf.layers.Layer, received: string): TypeError {
  return new TypeError(
    `'${add.name}' should add a residual and a shortcut to be drawn as the end of a block; ${received}.`,
  );
}

/** The layers that lead to this one, from behind the first that `others` has too. */
function wayFrom(layer: tf.layers.Layer, others: Set<tf.layers.Layer>, add: tf.layers.Layer): tf.layers.Layer[] {
  const way: tf.layers.Layer[] = [];
  for (let at = layer; !others.has(at); [at] = inputsOf(at)) {
    if (inputsOf(at).length !== 1) throw notResidual(add, `a way into it branches at '${at.name}'`);
    way.unshift(at);
  }
  return way;
}

/** The layer and all that it depends on. */
function upstream(layer: tf.layers.Layer, found = new Set<tf.layers.Layer>()): Set<tf.layers.Layer> {
  if (found.has(layer)) return found;
  found.add(layer);
  for (const each of inputsOf(layer)) upstream(each, found);
  return found;
}

function inputsOf(layer: tf.layers.Layer): tf.layers.Layer[] {
  return (layer.inboundNodes as unknown as { inboundLayers: tf.layers.Layer[] }[])[0].inboundLayers;
}

const KINDS: Record<string, Unit['kind']> = {
  Conv2D: 'convolution',
  DepthwiseConv2D: 'convolution',
  SeparableConv2D: 'convolution',
  MaxPooling2D: 'pooling',
  AveragePooling2D: 'pooling',
  GlobalAveragePooling2D: 'pooling',
  Dense: 'dense',
};

/** Equal for maps of equal size, whatever their depth, and for rows of numbers of equal length. */
const sizeOf = (shape: number[]) => (shape.length > 1 ? shape.slice(0, -1) : shape).join('×');

const isUnit = (layer: tf.layers.Layer) => Object.hasOwn(KINDS, layer.getClassName());

function describeUnit(layer: tf.layers.Layer): Unit {
  const { kernelSize, poolSize } = layer.getConfig() as { kernelSize?: number[]; poolSize?: number[] };
  const features = (layer.outputShape as number[]).at(-1) as number;
  return { kind: KINDS[layer.getClassName()], name: layer.name, kernelSize: kernelSize ?? poolSize, features };
}
