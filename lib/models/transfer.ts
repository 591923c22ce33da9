import { checkCount } from '../checks';
import { nextSeed } from '../random';
import { tf } from '../tf';
import { outputOf } from './graph';
import { copyPreprocess } from './metadata';

const DROPOUT = 0.5;
const HIDDEN_UNITS = 512;

/**
 * A new classifier on a base without top: global average pooling, dropout 0.5, softmax. The base's layers are shared, not
 * copied, and its preprocessing goes with it.
 *
 * @param base from [batch, height, width, channels] to feature maps, [batch, h, w, features].
 * @returns a model from the base's input to class probabilities, [batch, numClasses]; not compiled.
 * @throws RangeError when the base gives something else.
 */
export function transferGap(base: tf.LayersModel, numClasses: number): tf.LayersModel {
  checkMaps(base);
  return withHead(base, output(base), [tf.layers.globalAveragePooling2d({ dataFormat: 'channelsLast' })], numClasses);
}

/**
 * The same with a dense layer of 512 units: flatten, dense 512 with ReLU, dropout 0.5, softmax.
 *
 * @param base from images of one fixed size to feature maps, [batch, h, w, features].
 * @throws RangeError when the base gives something else, or maps of any size.
 */
export function transferDense(base: tf.LayersModel, numClasses: number): tf.LayersModel {
  checkMaps(base);
  const shape = output(base).shape;
  if (shape.slice(1).includes(null)) {
    throw new RangeError(
      `A dense head needs a base for images of one size, received one whose maps are of shape ${JSON.stringify(shape)}; give the base an inputShape.`,
    );
  }
  return withHead(base, output(base), [tf.layers.flatten(), hidden()], numClasses);
}

/**
 * The same dense head on the second of VGG16's two dense layers, `fc2`, from the image on.
 *
 * @param fullModel VGG16 with its top.
 * @throws RangeError when the model has no layer `fc2`.
 */
export function transferFc2(fullModel: tf.LayersModel, numClasses: number): tf.LayersModel {
  const fc2 = fullModel.layers.find(({ name }) => name === 'fc2');
  if (fc2 === undefined) {
    const names = fullModel.layers.map(({ name }) => name).join(', ');
    throw new RangeError(`The model should have a layer 'fc2', as vgg16({ includeTop: true }) has, received ${names}.`);
  }
  return withHead(fullModel, outputOf(fullModel, fc2), [hidden()], numClasses); // flat already
}

const output = (model: tf.LayersModel) => model.outputs[0];

const initialized = () => ({ kernelInitializer: tf.initializers.glorotUniform({ seed: nextSeed() }) });

const hidden = () => tf.layers.dense({ units: HIDDEN_UNITS, activation: 'relu', ...initialized() });

function withHead(
  base: tf.LayersModel,
  features: tf.SymbolicTensor,
  head: tf.layers.Layer[],
  numClasses: number,
): tf.LayersModel {
  checkCount('numClasses', numClasses);
  const classes = tf.layers.dense({ units: numClasses, activation: 'softmax', ...initialized() });
  const layers = [...head, tf.layers.dropout({ rate: DROPOUT }), classes];
  const outputs = layers.reduce((x, layer) => layer.apply(x) as tf.SymbolicTensor, features);
  const model = tf.model({ inputs: base.inputs, outputs });
  copyPreprocess(base, model);
  return model;
}

function checkMaps(base: tf.LayersModel): void {
  const shapes = base.outputs.map(({ shape }) => JSON.stringify(shape));
  if (shapes.length === 1 && base.outputs[0].shape.length === 4) return;
  throw new RangeError(
    `The base should give feature maps, [batch, height, width, channels], received one that gives ${shapes}; take vgg16() without its top, or withoutTop(model).`,
  );
}
