// Models of several kinds on the simd backend: they train as on cpu, are saved and loaded, and move between backends.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { adam, type BackendName, setRandomSeed, sgd, tf, useBackend } from 'resnet-lab';
import { runScript } from '../helpers/child';
import { assertClose } from '../helpers/close';

const glorot = (seed: number) => tf.initializers.glorotUniform({ seed });

/** A convolutional network in the style of TensorFlow.js's own examples. */
function sequential(dropout = 0): tf.LayersModel {
  const convolve = (filters: number, seed: number) => {
    const padding = seed % 2 === 0 ? 'same' : 'valid';
    return { filters, kernelSize: 3, activation: 'relu', padding, kernelInitializer: glorot(seed) } as const;
  };
  return tf.sequential({
    layers: [
      tf.layers.conv2d({ ...convolve(8, 1), inputShape: [16, 16, 3] }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.conv2d(convolve(16, 2)),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      ...(dropout > 0 ? [tf.layers.dropout({ rate: dropout })] : []),
      tf.layers.flatten(),
      tf.layers.dense({ units: 12, activation: 'relu', kernelInitializer: glorot(3) }),
      tf.layers.dense({ units: 5, activation: 'softmax', kernelInitializer: glorot(4) }),
    ],
  });
}

/** A network that branches, with what lessons use besides: batch normalisation, strides, a penalty, other activations. */
function branched(): tf.LayersModel {
  const inputs = tf.input({ shape: [16, 16, 3] });
  const convolve = (strides: number, seed: number, activation?: 'elu' | 'sigmoid') =>
    tf.layers.conv2d({
      filters: 8,
      kernelSize: 3,
      strides,
      padding: 'same',
      activation,
      useBias: seed % 2 === 0,
      kernelInitializer: glorot(seed),
      kernelRegularizer: tf.regularizers.l2({ l2: 1e-3 }),
    });
  const trunk = convolve(2, 1).apply(inputs);
  const normalized = tf.layers.batchNormalization().apply(trunk);
  const activated = tf.layers.activation({ activation: 'relu' }).apply(normalized) as tf.SymbolicTensor;
  const left = convolve(1, 2, 'elu').apply(activated) as tf.SymbolicTensor;
  const right = convolve(1, 3, 'sigmoid').apply(activated) as tf.SymbolicTensor;
  const sum = tf.layers.add().apply([left, right, activated]) as tf.SymbolicTensor;
  const both = tf.layers.concatenate().apply([sum, tf.layers.averagePooling2d({ poolSize: 1 }).apply(left) as never]);
  const pooled = tf.layers.globalAveragePooling2d({}).apply(both);
  const dense = tf.layers.dense({ units: 5, activation: 'softmax', kernelInitializer: glorot(4) });
  return tf.model({ inputs, outputs: dense.apply(pooled) as tf.SymbolicTensor });
}

function compile(model: tf.LayersModel, optimizer: tf.Optimizer): tf.LayersModel {
  model.compile({ optimizer, loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  return model;
}

const labels = (count: number) =>
  tf.tidy(() =>
    tf.oneHot(
      tf.tensor1d(
        Array.from({ length: count }, (_, i) => i % 5),
        'int32',
      ),
      5,
    ),
  );

/** Losses of some steps on the same images. */
async function train(model: tf.LayersModel, steps: number): Promise<number[]> {
  const x = tf.randomNormal([10, 16, 16, 3], 0, 1, 'float32', 1);
  const y = labels(10);
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) losses.push(((await model.trainOnBatch(x, y)) as number[])[0]);
  tf.dispose([x, y]);
  return losses;
}

const KINDS = { 'a sequential model': sequential, 'a model with branches': branched };
const OPTIMIZERS: Record<string, () => tf.Optimizer> = {
  adam: () => adam(0.01),
  'sgd with momentum': () => sgd(0.05, { momentum: 0.9, nesterov: true, weightDecay: 1e-3 }),
  sgd: () => sgd(0.05),
  "TensorFlow.js's adam": () => tf.train.adam(0.01),
  "TensorFlow.js's rmsprop": () => tf.train.rmsprop(0.001),
};

describe('training on simd', () => {
  const lossesOn = async (backend: BackendName, make: () => tf.LayersModel, optimizer: () => tf.Optimizer) => {
    await useBackend(backend);
    const model = compile(make(), optimizer());
    const losses = await train(model, 3);
    model.dispose();
    return losses;
  };

  for (const [kind, make] of Object.entries(KINDS)) {
    it(`has cpu's losses: ${kind}`, async () => {
      for (const [name, optimizer] of Object.entries(OPTIMIZERS)) {
        const expected = await lossesOn('cpu', make, optimizer);
        assertClose(await lossesOn('simd', make, optimizer), expected, 1e-4, name);
      }
    });
  }

  it('drops anew at each step, and repeats with the same seed', async () => {
    setRandomSeed(1);
    const first = await lossesOn(
      'simd',
      () => sequential(0.5),
      () => sgd(0),
    );
    assert.ok(
      first.every((loss) => Number.isFinite(loss) && loss > 0),
      `${first}`,
    );
    assert.equal(new Set(first).size, 3, `three losses of the same weights: ${first}`);
    setRandomSeed(1);
    assert.deepEqual(
      await lossesOn(
        'simd',
        () => sequential(0.5),
        () => sgd(0),
      ),
      first,
    );
  });
});

describe('a model on simd', () => {
  async function savedAndLoaded(model: tf.LayersModel): Promise<tf.LayersModel> {
    let saved: tf.io.ModelArtifacts | undefined;
    const handler = tf.io.withSaveHandler(async (artifacts) => {
      saved = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    });
    await model.save(handler, { includeOptimizer: true });
    assert.ok(saved);
    return tf.loadLayersModel(tf.io.fromMemory(structuredClone(saved)));
  }

  for (const [name, optimizer] of Object.entries(OPTIMIZERS).slice(0, 3)) {
    it(`is saved with its optimiser and goes on as if it had not been: ${name}`, async () => {
      await useBackend('simd');
      for (const make of Object.values(KINDS)) {
        const model = compile(make(), optimizer());
        await train(model, 3);
        const loaded = await savedAndLoaded(model);
        assert.equal(loaded.optimizer.constructor, model.optimizer.constructor);
        assert.deepEqual(loaded.optimizer.getConfig(), model.optimizer.getConfig());
        assert.deepEqual(await train(loaded, 4), await train(model, 4));
        for (const each of [model, loaded]) each.dispose();
      }
    });
  }

  it('has the same summary as on cpu', async () => {
    const summary = async (backend: BackendName) => {
      const script = `
        await lab.useBackend('${backend}');
        const model = lab.resnetV1([32, 32, 3], 8);
        tf.dispose(model.predict(tf.zeros([1, 32, 32, 3])));
        model.summary();
        tf.sequential({ layers: [tf.layers.conv2d({ inputShape: [8, 8, 1], filters: 2, kernelSize: 3 })] }).summary();`;
      const { code, stdout, stderr } = await runScript(script);
      assert.deepEqual([code, stderr], [0, '']);
      return stdout;
    };
    const expected = await summary('cpu');
    assert.match(expected, /Total params: 78666\n/);
    assert.equal(await summary('simd'), expected);
  });

  it('moves to another backend and back in the middle of training', async () => {
    const trainOn = async (order: BackendName[]) => {
      await useBackend(order[0]);
      const model = compile(branched(), adam(0.01));
      const losses: number[] = [];
      for (const backend of order) {
        await useBackend(backend);
        losses.push(...(await train(model, 2)));
      }
      const x = tf.randomNormal([2, 16, 16, 3], 0, 1, 'float32', 9);
      const predicted = await (model.predict(x) as tf.Tensor).data();
      model.dispose();
      return [...losses, ...predicted];
    };
    const expected = await trainOn(['cpu', 'cpu', 'cpu']);
    for (const order of [
      ['simd', 'cpu', 'simd'],
      ['cpu', 'simd', 'cpu'],
      ['simd', 'wasm', 'simd'],
    ] as BackendName[][]) {
      assertClose(await trainOn(order), expected, 1e-3, `${order}`);
    }
  });

  it("evaluates and predicts with TensorFlow.js's own functions as on cpu", async () => {
    const results: Record<string, number[]> = {};
    for (const backend of ['cpu', 'simd'] as const) {
      await useBackend(backend);
      const model = compile(branched(), sgd());
      const x = tf.randomNormal([7, 16, 16, 3], 0, 1, 'float32', 1);
      const y = labels(7);
      const history = await model.fit(x, y, {
        epochs: 2,
        batchSize: 3,
        shuffle: false,
        validationSplit: 0.3,
        verbose: 0,
      });
      const scores = model.evaluate(x, y, { batchSize: 4 }) as tf.Scalar[];
      const predictions = model.predict(x, { batchSize: 2 }) as tf.Tensor;
      results[backend] = [
        ...(history.history.loss as number[]),
        ...(history.history.val_loss as number[]),
        ...scores.map((score) => score.dataSync()[0]),
        ...predictions.dataSync(),
      ];
      tf.dispose([x, y, scores, predictions]);
      model.dispose();
    }
    assertClose(results.simd, results.cpu, 1e-4);
  });
});
