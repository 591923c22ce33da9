import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import ndarray from 'ndarray';
import {
  type Dataset,
  evaluate,
  fit,
  holdOut,
  loadEmoji10,
  predict,
  preprocess,
  resnetV1,
  selectImages,
  setRandomSeed,
  sgd,
  takeImages,
  tf,
  useBackend,
} from 'resnet-lab';
import { preprocessOf } from 'resnet-lab/dist/models/metadata';
import { assertClose } from '../helpers/close';

let data: Dataset;

before(async () => {
  await useBackend();
  data = await loadEmoji10();
});

/** A model small enough to be trained in a test: one convolution and a softmax. */
function tinyModel(seed = 0): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.conv2d({
        inputShape: [32, 32, 3],
        filters: 4,
        kernelSize: 3,
        strides: 4,
        activation: 'relu',
        kernelInitializer: tf.initializers.glorotUniform({ seed }),
        kernelRegularizer: tf.regularizers.l2({ l2: 1e-2 }),
      }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 10, activation: 'softmax', kernelInitializer: tf.initializers.glorotUniform({ seed }) }),
    ],
  });
}

const weightsOf = (model: tf.LayersModel) => model.getWeights().map((weight) => [...weight.dataSync()]);

describe('fit', () => {
  it('learns: a ResNet-8 fits the images that it sees', async () => {
    setRandomSeed(0);
    const model = resnetV1([32, 32, 3], 8);
    const split = takeImages(data.train, 64);
    const { history } = await fit(model, split, { epochs: 16, batchSize: 16, optimizer: tf.train.adam(3e-3) });
    assert.ok(history.loss[0] > 2 * (history.loss.at(-1) as number), `${history.loss}`);
    assert.ok((history.accuracy.at(-1) as number) > 0.9, `${history.accuracy}`);
  });

  it('gives the same history and weights for the same seed, another order for another', async () => {
    const train = async (seed: number) => {
      const model = tinyModel();
      const history = await fit(model, takeImages(data.train, 100), {
        epochs: 2,
        seed,
        augment: true,
        validation: 0.2,
      });
      return { history, weights: weightsOf(model) };
    };
    const first = await train(1);
    assert.deepEqual(await train(1), first);
    assert.notDeepEqual((await train(2)).history.steps.loss, first.history.steps.loss);
  });

  it('holds the validation images out of training', async () => {
    const split = takeImages(data.train, 100);
    const [a, b] = [tinyModel(), tinyModel()];
    const withFraction = await fit(a, split, { epochs: 2, seed: 5, validation: 0.25 });
    const parts = holdOut(split, 0.25, 5);
    const withSplit = await fit(b, parts.train, { epochs: 2, seed: 5, validation: parts.validation });
    assert.deepEqual(withFraction, withSplit);
    assert.equal(withFraction.steps.loss.length, 2 * Math.ceil(75 / 32));
    assert.deepEqual(Object.keys(withFraction.history).sort(), ['accuracy', 'loss', 'val_accuracy', 'val_loss']);
    assert.deepEqual(withFraction.epoch, [0, 1]);
  });

  it('reports a validation loss that includes the penalty, like the training loss', async () => {
    const model = tinyModel();
    const split = takeImages(data.train, 40);
    const { history } = await fit(model, split, { validation: split, seed: 1 });
    const { loss } = await evaluate(model, split);
    const kernel = model.layers[0].getWeights()[0];
    const penalty = 1e-2 * tf.sum(tf.square(kernel)).dataSync()[0];
    assert.ok(penalty > 1e-3);
    assert.ok(Math.abs(history.val_loss[0] - loss - penalty) < 1e-5, `${history.val_loss[0]}, ${loss} + ${penalty}`);
  });

  it('is one epoch of tf.LayersModel.fit when nothing is shuffled away: the mean loss of one batch is that batch', async () => {
    const split = takeImages(data.train, 16);
    const [ours, theirs] = [tinyModel(3), tinyModel(3)];
    const { history, steps } = await fit(ours, split, { batchSize: 16, optimizer: tf.train.sgd(0.1) });
    theirs.compile({ optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
    const x = tf.tensor4d(
      Float32Array.from(split.images.data, (v) => v / 255),
      [16, 32, 32, 3],
    );
    const y = tf.oneHot(tf.tensor1d([...split.labels], 'int32'), 10);
    const result = await theirs.fit(x, y, { batchSize: 16, epochs: 1, shuffle: false });
    assert.ok(Math.abs(history.loss[0] - (result.history.loss[0] as number)) < 1e-5);
    assert.deepEqual(history.loss, steps.loss);
    const expected = weightsOf(theirs).flat();
    assertClose(weightsOf(ours).flat(), expected, 1e-5);
  });

  it('remembers the preprocessing in what is saved', async () => {
    const model = tinyModel();
    const split = takeImages(data.train, 32);
    const chosen = preprocess.pixelMean(split);
    await fit(model, split, { preprocess: chosen });
    let saved: tf.io.ModelArtifacts | undefined;
    await model.save(
      tf.io.withSaveHandler(async (artifacts) => {
        saved = artifacts;
        return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
      }),
    );
    assert.ok(saved);
    const loaded = await tf.loadLayersModel(tf.io.fromMemory(saved));
    assert.deepEqual(preprocessOf(loaded), chosen);
    assert.deepEqual([...(await predict(loaded, split.images)).data], [...(await predict(model, split.images)).data]);
  });

  it('calls callbacks in order, and stops when one asks', async () => {
    const calls: string[] = [];
    const model = tinyModel();
    const history = await fit(model, takeImages(data.train, 64), {
      epochs: 5,
      callbacks: [
        {
          onTrainBegin: async () => void calls.push('begin'),
          onEpochBegin: async (epoch) => void calls.push(`epoch ${epoch}`),
          onBatchEnd: async (batch, logs) => void calls.push(`batch ${batch} ${logs?.size}`),
          onEpochEnd: async (epoch) => {
            calls.push(`end ${epoch}`);
            if (epoch === 1) model.stopTraining = true;
          },
          onTrainEnd: async () => void calls.push('done'),
        },
        tf.callbacks.earlyStopping({ monitor: 'loss', patience: 3 }),
      ],
    });
    const epoch = (n: number) => [`epoch ${n}`, 'batch 0 32', 'batch 1 32', `end ${n}`];
    assert.deepEqual(calls, ['begin', ...epoch(0), ...epoch(1), 'done']);
    assert.deepEqual(history.epoch, [0, 1]);
  });

  it('gives each step the rate of its schedule', async () => {
    const model = tinyModel();
    const rates: number[] = [];
    const schedule = (step: number, stepsPerEpoch: number) => 0.01 * (step + 1) + 0.001 * stepsPerEpoch;
    const rateNow = () => (model.optimizer as unknown as { learningRate: number }).learningRate;
    const before = weightsOf(model);
    const { history } = await fit(model, takeImages(data.train, 90), {
      epochs: 2,
      optimizer: sgd(0.5),
      schedule,
      callbacks: [{ onBatchEnd: async () => void rates.push(rateNow()) }],
    });
    assertClose(rates, [0.013, 0.023, 0.033, 0.043, 0.053, 0.063], 1e-12);
    assertClose(history.learning_rate, [0.033, 0.063], 1e-12);
    assert.notDeepEqual(weightsOf(model), before);
    const still = tinyModel();
    await fit(still, takeImages(data.train, 90), { optimizer: sgd(0.5), schedule: () => 0 });
    assert.deepEqual(weightsOf(still), before, 'with a rate of 0 nothing changes');
    const rateless = Object.assign(tf.train.sgd(0.1), { learningRate: undefined });
    await assert.rejects(
      fit(tinyModel(), takeImages(data.train, 9), { optimizer: rateless, schedule }),
      /TypeError.*learningRate/,
    );
  });

  it('weighs the steps of an epoch by their images', async () => {
    const { history, steps } = await fit(tinyModel(), takeImages(data.train, 40), { batchSize: 32 });
    assertClose(history.loss, [(32 * steps.loss[0] + 8 * steps.loss[1]) / 40], 1e-12);
  });

  it('shuffles each epoch, and augments each batch, in a way of its own', async () => {
    const inputs: number[][] = [];
    const model = tinyModel();
    const { trainOnBatch } = model;
    model.trainOnBatch = (x, y) => {
      inputs.push([...(x as tf.Tensor).dataSync()]);
      return trainOnBatch.call(model, x, y);
    };
    const same = takeImages(data.train, 1);
    const twice = selectImages(same, [0, 0, 0, 0]);
    await fit(model, twice, { epochs: 2, batchSize: 2, augment: true, seed: 1 });
    assert.equal(new Set(inputs.map((input) => input.join())).size, 4);
    inputs.length = 0;
    await fit(model, takeImages(data.train, 8), { epochs: 2, batchSize: 8, seed: 1 });
    assert.notDeepEqual(inputs[0], inputs[1]);
    assert.deepEqual(inputs[0].sort(), inputs[1].sort());
  });

  it('trains in full after a training that was stopped early', async () => {
    const model = tinyModel();
    const split = takeImages(data.train, 64);
    const stopNow = async () => {
      model.stopTraining = true;
    };
    const stop = { onBatchEnd: stopNow };
    assert.equal((await fit(model, split, { epochs: 3, callbacks: [stop] })).steps.loss.length, 1);
    assert.equal((await fit(model, split, { epochs: 3 })).steps.loss.length, 6);
    const early = { onEpochBegin: stopNow };
    assert.equal((await fit(model, split, { epochs: 3, callbacks: [early] })).steps.loss.length, 1, 'never none');
  });

  it('drops inputs that follow setRandomSeed, others in every step', async () => {
    for (const backend of ['cpu', 'simd'] as const) {
      await useBackend(backend);
      const drop = () => {
        const layer = tf.layers.dropout({ rate: 0.5 });
        return [...(layer.apply(tf.ones([64]), { training: true }) as tf.Tensor).dataSync()].join('');
      };
      setRandomSeed(1);
      const first = [drop(), drop()];
      assert.notEqual(first[0], first[1]);
      setRandomSeed(1);
      assert.deepEqual([drop(), drop()], first);
      setRandomSeed(2);
      assert.notEqual(drop(), first[0]);
    }
  });

  it('keeps a compiled model compiled as it is', async () => {
    const model = tinyModel();
    const optimizer = tf.train.sgd(0);
    model.compile({ optimizer, loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
    const before = weightsOf(model);
    await fit(model, takeImages(data.train, 32));
    assert.deepEqual(weightsOf(model), before, 'a learning rate of 0 changes nothing');
    assert.equal(model.optimizer, optimizer);
  });

  it('keeps no tensors', async () => {
    const model = tinyModel();
    const split = takeImages(data.train, 64);
    await fit(model, split, { validation: 0.5, augment: true });
    const tensors = tf.memory().numTensors;
    await fit(model, split, { validation: 0.5, augment: true, epochs: 3 });
    assert.equal(tf.memory().numTensors, tensors);
  });

  it('refuses bad arguments before any step', async () => {
    const model = tinyModel();
    const split = takeImages(data.train, 8);
    const refuses = (promise: Promise<unknown>, message: RegExp) => assert.rejects(promise, message);
    await refuses(fit(model, split, { epochs: 0 }), /RangeError.*epochs.*received 0/);
    await refuses(fit(model, split, { batchSize: 2.5 }), /RangeError.*batchSize.*received 2\.5/);
    await refuses(fit(model, split, { validation: 1 }), /RangeError.*received 1/);
    await refuses(
      fit(model, { ...split, labels: new Uint8Array(8).fill(10) }),
      /RangeError.*10 classes.*label 0 is 10/,
    );
    const floats = ndarray(new Float32Array(8 * 3072), [8, 32, 32, 3]) as never;
    await refuses(fit(model, { ...split, images: floats }), /TypeError.*bytes.*received float32 of shape/);
    const compiled = tinyModel();
    compiled.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    await refuses(fit(compiled, split), /TypeError.*'categoricalCrossentropy'.*received 'meanSquaredError'/);
    const images = ndarray(new Uint8Array(8 * 16 * 16 * 3), [8, 16, 16, 3]);
    await refuses(fit(model, { ...split, images }), /RangeError.*\[32,32,3\], received \[16,16,3\]/);
  });
});
