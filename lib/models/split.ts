import { tf } from '../tf';
import { lastMapLayer, nodesOf, outputOf } from './graph';
import { copyPreprocess } from './metadata';

/** A model in two parts. They share its layers: what one of them learns, the whole has learnt. */
export interface SplitModel {
  /** From the model's input to the feature maps, or vectors, of the layer. */
  base: tf.LayersModel;
  /** From there to the model's output. */
  head: tf.LayersModel;
}

/**
 * Cuts a model behind a layer that everything goes through. Where the base is frozen its outputs never change, so that
 * they need to be computed once for all epochs: `extractFeatures` does, and `fit` trains the head on them.
 *
 * @param model with one input and one output.
 * @param layerName a name in `model.layers`.
 * @throws RangeError when no layer has that name, or something goes past it.
 */
export function splitModel(model: tf.LayersModel, layerName: string): SplitModel {
  const nodes = nodesOf(model);
  const cut = nodes.find(({ outboundLayer }) => outboundLayer.name === layerName);
  if (cut === undefined) {
    const names = model.layers.map(({ name }) => name).join(', ');
    throw new RangeError(`The layer should be one of ${names}, received '${layerName}'.`);
  }
  const [features] = cut.outputTensors;
  const input = tf.input({ shape: features.shape.slice(1) });
  const made = new Map([[features.id, input]]);
  for (const { outboundLayer, inputTensors, outputTensors } of nodes) {
    const inputs = inputTensors.map(({ id }) => made.get(id));
    const known = inputs.filter((tensor) => tensor !== undefined);
    if (known.length === 0 || outputTensors[0] === features) continue; // before the cut
    if (known.length < inputs.length) {
      throw new RangeError(
        `Everything should go through the layer '${layerName}'; '${outboundLayer.name}' takes something from before it, too.`,
      );
    }
    made.set(outputTensors[0].id, outboundLayer.apply(known.length === 1 ? known[0] : known) as tf.SymbolicTensor);
  }
  const output = made.get(model.outputs[0].id) as tf.SymbolicTensor;
  const base = tf.model({ inputs: model.inputs, outputs: features });
  copyPreprocess(model, base);
  return { base, head: tf.model({ inputs: input, outputs: output }) };
}

/**
 * A classifier without its top: up to its last feature maps of more than one pixel, where `transferGap` and
 * `transferDense` put a new head. The layers are shared.
 *
 * @throws RangeError when the model has no such maps.
 */
export function withoutTop(model: tf.LayersModel): tf.LayersModel {
  const last = lastMapLayer(model);
  if (last.getClassName() === 'InputLayer') {
    throw new RangeError('The model should have a layer with feature maps behind its input; it has none.');
  }
  const base = tf.model({ inputs: model.inputs, outputs: outputOf(model, last) });
  copyPreprocess(model, base);
  return base;
}
