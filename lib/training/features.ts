import ndarray, { type NdArray } from 'ndarray';
import type { Split } from '../data/types';
import { lastMapLayer, outputOf } from '../models/graph';
import { preprocessOf } from '../models/metadata';
import { tf } from '../tf';
import { batches, imageBatch, packImages } from './batches';
import { checkImages, classCount } from './checks';

/**
 * What a layer answers to images: its feature maps.
 *
 * @param images bytes, [N, height, width, channels], preprocessed as the model was trained.
 * @param layerName one of the names in `model.layers`.
 * @returns [N, height, width, channels] of the layer.
 * @throws RangeError when no layer of that name gives maps, or the images don't fit the model.
 */
export function featureMaps(model: tf.LayersModel, images: Split['images'], layerName: string): NdArray<Float32Array> {
  checkImages(model, images);
  const part = tf.model({ inputs: model.inputs, outputs: outputOf(model, mapLayer(model, layerName)) });
  return inBatches(images, (inputs) => part.predict(inputsOf(model, images, inputs)) as tf.Tensor);
}

/**
 * Grad-CAM (Selvaraju et al. 2017, equations 1 and 2): what in an image speaks for a class? The maps of a layer, each
 * weighted with the mean gradient of the class's logit; of their sum the positive part, divided by its largest value.
 *
 * @param images bytes, [N, height, width, channels].
 * @param options.classes a class for each image; by default the model's own answers.
 * @param options.layerName by default the last layer whose maps still tell places apart.
 * @returns [N, height, width] of the layer's maps, 0 to 1.
 * @throws RangeError when classes, layer or images don't fit the model.
 */
export function gradCam(
  model: tf.LayersModel,
  images: Split['images'],
  { classes, layerName }: { classes?: ArrayLike<number>; layerName?: string } = {},
): NdArray<Float32Array> {
  checkImages(model, images);
  const numClasses = classCount(model);
  if (classes !== undefined) checkClasses(classes, images.shape[0], numClasses);
  const layer = layerName === undefined ? lastMapLayer(model) : mapLayer(model, layerName);
  const part = tf.model({ inputs: model.inputs, outputs: outputOf(model, layer) });
  return inBatches(images, (indices) => {
    const inputs = inputsOf(model, images, indices);
    const maps = part.predict(inputs) as tf.Tensor4D;
    const chosen = classes
      ? tf.tensor1d(
          Array.from(indices, (i) => classes[i]),
          'int32',
        )
      : (model.predict(inputs) as tf.Tensor2D).argMax<tf.Tensor1D>(1);
    const logit = (change: tf.Tensor) =>
      tf.sum<tf.Scalar>(tf.mul(tf.oneHot(chosen, numClasses), logitsWith(model, layer, change, inputs)));
    const weights = tf.mean(tf.grad(logit)(tf.zerosLike(maps)), [1, 2], true); // [N, 1, 1, channels]
    const sum = tf.relu(tf.sum(tf.mul(maps, weights), -1)); // [N, height, width]
    return tf.divNoNan(sum, tf.max(sum, [1, 2], true));
  });
}

/** Images at once: their maps and gradients have to fit into memory. */
const BATCH_SIZE = 64;

/** What `compute` makes of the images' numbers, batch by batch. */
function inBatches(images: Split['images'], compute: (indices: Uint32Array) => tf.Tensor): NdArray<Float32Array> {
  const count = images.shape[0];
  if (count === 0) throw new RangeError('There should be at least one image, received none.');
  const all = Uint32Array.from({ length: count }, (_, i) => i);
  const parts = [...batches(all, BATCH_SIZE)].map((indices) => toNdarray(tf.tidy(() => compute(indices))));
  const size = parts[0].data.length / parts[0].shape[0];
  const whole = ndarray(new Float32Array(count * size), [count, ...parts[0].shape.slice(1)]);
  for (const [i, { data }] of parts.entries()) whole.data.set(data, i * BATCH_SIZE * size);
  return whole;
}

interface Patched {
  call(inputs: unknown, kwargs: object): tf.Tensor;
  activation?: unknown;
}

/**
 * The model's logits if `change` were added to what the layer gives. The layers' own methods are exchanged meanwhile:
 * the graph behind the layer may be of any form, and its gradient is that of the change.
 */
function logitsWith(model: tf.LayersModel, layer: tf.layers.Layer, change: tf.Tensor, inputs: tf.Tensor): tf.Tensor {
  const [patched, last] = [layer, model.layers[model.layers.length - 1]] as unknown as Patched[];
  const { call } = patched;
  const { activation, call: lastCall } = last;
  const isSoftmax = model.layers[model.layers.length - 1].getClassName() === 'Softmax';
  patched.call = (...args) => tf.add(([] as tf.Tensor[]).concat(call.apply(patched, args))[0], change);
  if (activation) last.activation = (tf.layers.activation({ activation: 'linear' }) as unknown as Patched).activation;
  if (isSoftmax) last.call = (given) => ([] as tf.Tensor[]).concat(given as tf.Tensor)[0];
  try {
    return model.apply(inputs, { training: false }) as tf.Tensor;
  } finally {
    patched.call = call;
    if (activation) last.activation = activation;
    if (isSoftmax) last.call = lastCall;
  }
}

function inputsOf(model: tf.LayersModel, images: Split['images'], indices: Uint32Array): tf.Tensor {
  return imageBatch(packImages(images), indices, { preprocess: preprocessOf(model) });
}

function toNdarray(tensor: tf.Tensor): NdArray<Float32Array> {
  const values = Float32Array.from(tensor.dataSync());
  tensor.dispose();
  return ndarray(values, tensor.shape);
}

const mapShape = ({ outputShape }: tf.layers.Layer) => outputShape as (number | null)[];

function mapLayer(model: tf.LayersModel, name: string): tf.layers.Layer {
  const hasMaps = (each: tf.layers.Layer) => mapShape(each).length === 4 && each.getClassName() !== 'InputLayer';
  const layer = model.layers.find((each) => each.name === name);
  if (layer && hasMaps(layer)) return layer;
  const names = model.layers.filter(hasMaps).map((each) => each.name);
  const received = layer ? `'${name}' of shape [${mapShape(layer)}]` : `'${name}'`;
  throw new RangeError(`The layer should be one with feature maps (${names.join(', ')}), received ${received}.`);
}

function checkClasses(classes: ArrayLike<number>, count: number, numClasses: number): void {
  const wrong = Array.from(classes).find((label) => !(Number.isInteger(label) && label >= 0 && label < numClasses));
  if (classes.length !== count || wrong !== undefined) {
    const received = wrong === undefined ? `${classes.length} classes` : wrong;
    throw new RangeError(
      `There should be a class from 0 to ${numClasses - 1} for each of ${count} images, received ${received}.`,
    );
  }
}
