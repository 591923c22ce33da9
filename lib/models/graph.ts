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
  const { nodesByDepth } = model as unknown as { nodesByDepth: Record<string, GraphNode[]> };
  const depths = Object.keys(nodesByDepth).map(Number);
  return depths.sort((a, b) => b - a).flatMap((depth) => nodesByDepth[depth]);
}
