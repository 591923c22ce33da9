import type { tf } from '../tf';

/** A layer applied once: what TensorFlow.js's graph of a model is made of. */
export interface GraphNode {
  outboundLayer: tf.layers.Layer;
  inboundLayers: tf.layers.Layer[];
  inputTensors: tf.SymbolicTensor[];
  outputTensors: tf.SymbolicTensor[];
}

/** The nodes of a model's own graph in an order of computation; its layers may stand in other graphs, too. */
export function nodesOf(model: tf.LayersModel): GraphNode[] {
  // A tf.Sequential has no graph before it is built, which its first use does.
  if (model.getClassName() === 'Sequential' && !model.built) (model as tf.Sequential).build();
  const { nodesByDepth } = model as unknown as { nodesByDepth: Record<string, GraphNode[]> };
  const depths = Object.keys(nodesByDepth).map(Number);
  return depths.sort((a, b) => b - a).flatMap((depth) => nodesByDepth[depth]);
}

/** What a layer gives in this model; TensorFlow.js's `layer.output` fails for a layer that stands in several. */
export function outputOf(model: tf.LayersModel, layer: tf.layers.Layer): tf.SymbolicTensor {
  return (nodesOf(model).find(({ outboundLayer }) => outboundLayer === layer) as GraphNode).outputTensors[0];
}

/** The last layer whose maps have more than one pixel, so that they still tell places apart. */
export function lastMapLayer(model: tf.LayersModel): tf.layers.Layer {
  const layer = [...model.layers].reverse().find((each) => {
    const shape = each.outputShape as (number | null)[];
    return shape.length === 4 && (shape[1] !== 1 || shape[2] !== 1);
  });
  if (layer) return layer;
  throw new RangeError('The model should have a layer with feature maps of more than one pixel; it has none.');
}
