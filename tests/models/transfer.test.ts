// New heads on frozen bases: what freezing keeps, what both parts of a model share, what is refused.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import {
  adam,
  fit,
  freeze,
  loadEmoji10,
  loadPretrained,
  preprocess,
  resnetV1,
  type Split,
  sgd,
  splitModel,
  takeImages,
  tf,
  transferDense,
  transferFc2,
  transferGap,
  useBackend,
  vgg16,
  withoutTop,
} from 'resnet-lab';
import { preprocessOf, storePreprocess } from 'resnet-lab/dist/models/metadata';
import { buildVgg16 } from 'resnet-lab/dist/models/vgg16/architecture';
import { inputsAndTargets, type KerasCase, readJson, setWeights } from '../helpers/vectors';

const weightsOf = (model: tf.LayersModel) =>
  model.layers.flatMap((layer) => layer.getWeights().map((w) => w.dataSync().slice()));
const classes = (model: tf.LayersModel) => model.layers.map((layer) => layer.getClassName());
let images: Split;

before(async () => {
  await useBackend();
  images = takeImages((await loadEmoji10()).train, 64);
});

describe('a model that is built on a base by hand', () => {
  it('is given images as the base was, and keeps its own way once it was trained', async () => {
    const base = withoutTop(await loadPretrained('resnet20'));
    const outputs = tf.layers.globalAveragePooling2d({}).apply(base.outputs[0]) as tf.SymbolicTensor;
    const model = tf.model({ inputs: base.inputs, outputs });
    assert.equal(preprocessOf(base).kind, 'pixelMean');
    assert.deepEqual(preprocessOf(model), preprocessOf(base));
    storePreprocess(model, preprocess.scale());
    assert.equal(preprocessOf(model).kind, 'scale');
    assert.equal(preprocessOf(base).kind, 'pixelMean');
  });
});

describe('heads', () => {
  it('stand on the base, share its layers, and know its preprocessing', async () => {
    const base = await vgg16({ weights: null, inputShape: [32, 32, 3] });
    storePreprocess(base, preprocess.caffe());
    const gap = transferGap(base, 10);
    assert.deepEqual(classes(gap).slice(-3), ['GlobalAveragePooling2D', 'Dropout', 'Dense']);
    const dense = transferDense(base, 7);
    assert.deepEqual(classes(dense).slice(-4), ['Flatten', 'Dense', 'Dropout', 'Dense']);
    assert.equal(gap.countParams(), base.countParams() + 512 * 10 + 10);
    assert.equal(dense.countParams(), base.countParams() + 512 * 512 + 512 + 512 * 7 + 7);
    for (const model of [gap, dense]) {
      assert.deepEqual(model.layers.slice(0, base.layers.length), base.layers);
      assert.deepEqual(preprocessOf(model), preprocess.caffe());
      assert.equal((model.layers.at(-2) as unknown as { rate: number }).rate, 0.5);
    }
    const full = buildVgg16({ includeTop: true, classes: 5, inputShape: [32, 32, 3] }, true);
    const fc2 = transferFc2(full, 3);
    assert.deepEqual(
      fc2.layers
        .slice(-4)
        .map((layer) => layer.name)
        .slice(0, 1),
      ['fc2'],
    );
    assert.deepEqual(fc2.outputs[0].shape, [null, 3]);
  });

  it('are refused where they do not fit', async () => {
    const anySize = await vgg16({ weights: null });
    assert.throws(() => transferDense(anySize, 10), /RangeError: A dense head needs .*\[null,null,null,512\]/);
    assert.deepEqual(transferGap(anySize, 10).outputs[0].shape, [null, 10]);
    const classifier = resnetV1([32, 32, 3], 8);
    assert.throws(() => transferGap(classifier, 10), /RangeError: The base should give feature maps.*\[null,10\]/);
    assert.throws(() => transferFc2(classifier, 10), /RangeError: .*'fc2'.*received input/);
    assert.throws(() => transferGap(anySize, 0), /RangeError: numClasses.*received 0/);
  });
});

describe('freeze', () => {
  it('keeps every number of a base, statistics of batch normalisation too, while the head learns', async () => {
    const base = withoutTop(resnetV1([32, 32, 3], 8));
    const model = transferGap(base, 10);
    await fit(model, images, { optimizer: sgd(0.1, { momentum: 0.9 }), seed: 1 }); // statistics are no longer 0 and 1
    freeze(base);
    const [before, head] = [weightsOf(base), model.layers.at(-1)?.getWeights()[0].dataSync().slice()];
    await assert.rejects(fit(model, images, { seed: 2 }), /a new one when layers are frozen or thawed/);
    assert.deepEqual(weightsOf(base), before);
    await fit(model, images, { optimizer: tf.train.sgd(0.1), seed: 2 });
    assert.deepEqual(weightsOf(base), before);
    assert.notDeepEqual(model.layers.at(-1)?.getWeights()[0].dataSync(), head);
    await fit(model, images, { optimizer: adam(), seed: 3 });
    assert.deepEqual(weightsOf(base), before);
    freeze(base, base.layers[0].name);
    await fit(model, images, { optimizer: sgd(0.1), seed: 4 });
    assert.notDeepEqual(weightsOf(base), before);
  });

  it('keeps the layers before a name, and sets the others free', async () => {
    const base = await vgg16({ weights: null, inputShape: [32, 32, 3] });
    freeze(base);
    freeze(base, 'block5_conv1');
    assert.deepEqual(
      base.layers.filter(({ trainable }) => trainable).map(({ name }) => name),
      ['block5_conv1', 'block5_conv2', 'block5_conv3', 'block5_pool'],
    );
    assert.throws(
      () => freeze(base, 'block6'),
      /RangeError: upTo should be the name of a layer \(.*block5_pool\), received 'block6'/,
    );
  });
});

describe('training on a frozen base', () => {
  interface Vectors {
    layers: KerasCase['layers'];
    batch: number;
    classes: number;
    rate: number;
    trainings: { firstTrainable: number; losses: number[] }[];
  }

  // TensorFlow.js's own backend is too slow for gradients of convolutions.
  for (const [backend, count] of [
    ['simd', 3],
    ['cpu', 1],
  ] as const) {
    it(`has Keras's losses, to 1e-4, with all, some or none of the base frozen: ${backend}`, async () => {
      await useBackend(backend);
      const { layers, batch, classes, rate, trainings } = readJson<Vectors>('transfer');
      for (const { firstTrainable, losses } of trainings.slice(0, count)) {
        const base = withoutTop(resnetV1([32, 32, 3], 8));
        const x = tf.layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }).apply(base.outputs[0]);
        const head = tf.layers.dense({ units: classes, activation: 'softmax' });
        const model = tf.model({ inputs: base.inputs, outputs: head.apply(x) as tf.SymbolicTensor });
        const kerasCase = { layers, batch, inputShape: [32, 32, 3], loss: 'categoricalCrossentropy' } as KerasCase;
        setWeights(model, kerasCase);
        freeze(base, base.layers[firstTrainable]?.name);
        model.compile({ optimizer: tf.train.sgd(rate), loss: 'categoricalCrossentropy' });
        const data = inputsAndTargets(kerasCase);
        for (const [step, loss] of losses.entries()) {
          const received = (await model.trainOnBatch(data.x, data.y)) as number;
          assert.ok(
            Math.abs(received / loss - 1) < 1e-4,
            `${firstTrainable}, step ${step}: ${received}, in Keras ${loss}`,
          );
        }
      }
      await useBackend();
    });
  }
});

describe('splitModel', () => {
  const x = () => tf.randomUniform([2, 32, 32, 3], 0, 1, 'float32', 7);
  const close = (a: tf.Tensor, b: tf.Tensor) => assert.ok(tf.max(tf.abs(tf.sub(a, b))).dataSync()[0] < 1e-6);

  it('gives two parts that compute what the whole computes, and share its layers', async () => {
    const model = resnetV1([32, 32, 3], 14);
    for (const layer of model.layers.filter((each) => each.getClassName() === 'Activation')) {
      if (layer.outputShape[1] === 32 && layer === model.layers[3]) continue;
      let parts: ReturnType<typeof splitModel>;
      try {
        parts = splitModel(model, layer.name);
      } catch (error) {
        assert.match(`${error}`, /RangeError: Everything should go through the layer/); // inside a block
        continue;
      }
      const { base, head } = parts;
      close(head.predict(base.predict(x()) as tf.Tensor) as tf.Tensor, model.predict(x()) as tf.Tensor);
      assert.ok(head.layers.slice(1).every((each) => model.layers.includes(each)));
    }
  });

  it('names the layers when there is none of that name', () => {
    assert.throws(
      () => splitModel(resnetV1([32, 32, 3], 8), 'none'),
      /RangeError: The layer should be one of input.*received 'none'/,
    );
  });
});
