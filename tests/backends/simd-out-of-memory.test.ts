// What happens when the shared memory of the simd backend is not enough: an error that says so, and nothing else.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { fit, loadEmoji10, resnetV1, setRandomSeed, takeImages, tf } from 'resnet-lab';
import type { SimdBackend } from 'resnet-lab/dist/backends/simd/backend';
import type { Block } from 'resnet-lab/dist/backends/simd/memory';
import { assertClose } from '../helpers/close';
import { disposeTape, takeAll, useSimd } from '../helpers/simd';

const GIGABYTE = 2 ** 30;
let backend: SimdBackend;
beforeEach(async () => {
  backend = await useSimd();
});
afterEach(() => tf.disposeVariables());

/** Fails unless the error names the bytes that were asked for and how many are held. */
function assertExplains(error: unknown, asked?: number): true {
  const { message } = error as Error;
  const words = /out of memory: ([\d,]+) bytes were asked for, ([\d,]+) of at most ([\d,]+) are held/.exec(message);
  assert.ok(words, message);
  const [bytes, held, most] = words.slice(1).map((number) => Number(number.replaceAll(',', '')));
  if (asked !== undefined) assert.equal(bytes, asked);
  assert.ok(held <= most && most <= 4 * GIGABYTE, message);
  return true;
}

const increasing = (length: number) => Float32Array.from({ length }, (_, i) => i % 1000);

describe('an operation on simd whose result is larger than all memory', () => {
  it('fails with an error that names the bytes, and leaves tensors as they are', () => {
    const { shared } = backend;
    const x = tf.relu(tf.tensor4d(increasing(256 * 256 * 4), [1, 256, 256, 4]));
    const filter = tf.ones<tf.Rank.R4>([1, 1, 4, 16_384]);
    tf.conv2d(x, tf.ones<tf.Rank.R4>([1, 1, 4, 4]), 1, 'same').dispose(); // leaves a free piece of memory
    const [held, tensors] = [shared.held, tf.memory().numTensors];
    for (const columns of [16_384, 16_380]) {
      // Of [256, 256, 16 384] floats the bytes are 2³², which is 0 in 32 bits.
      const narrow = tf.slice(filter, [0, 0, 0, 0], [1, 1, 4, columns]);
      assert.throws(
        () => tf.conv2d(x, narrow, 1, 'same'),
        (error) => assertExplains(error, 256 * 256 * 4 * columns),
      );
      narrow.dispose();
    }
    assert.equal(tf.memory().numTensors, tensors);
    assert.ok(shared.held - held < 2 ** 20, 'only the filters came to the shared memory');
    assert.deepEqual(x.dataSync(), increasing(256 * 256 * 4));
    assert.deepEqual(
      tf.add(x, x).dataSync(),
      increasing(256 * 256 * 4).map((value) => 2 * value),
    );
    tf.dispose([x, filter]);
  });
});

describe('simd with hardly any memory left', () => {
  let taken: Block[] = [];
  afterEach(() => {
    giveBack();
  });

  /** Leaves that much memory, in one piece. */
  function leave(kilobytes: number): void {
    const room = backend.shared.allocate(kilobytes * 1024);
    taken = takeAll(backend.shared);
    backend.shared.release(room);
  }
  function giveBack(): void {
    for (const block of taken) backend.shared.release(block);
    taken = [];
  }

  it('goes on when tensors are disposed of', () => {
    const x = tf.relu(tf.tensor1d(increasing(2 ** 20))); // 4 MiB
    leave(9 * 1024);
    const more: tf.Tensor[] = [];
    assert.throws(
      () => {
        for (;;) more.push(tf.add(more.at(-1) ?? x, x));
      },
      (error) => assertExplains(error, 4 * 2 ** 20),
    );
    assert.equal(more.length, 2);
    assert.deepEqual(
      more[1].dataSync(),
      increasing(2 ** 20).map((value) => 3 * value),
    );
    more[0].dispose();
    const again = tf.add(more[1], x);
    assert.deepEqual(
      again.dataSync(),
      increasing(2 ** 20).map((value) => 4 * value),
    );
    assert.deepEqual(x.dataSync(), increasing(2 ** 20));
    tf.dispose([x, again, more[1]]);
  });

  const image = (seed: number, channels = 16) =>
    tf.randomNormal<tf.Rank.R4>([4, 16, 16, channels], 0, 1, 'float32', seed);
  const filter = (seed: number) => tf.randomNormal<tf.Rank.R4>([3, 3, 16, 16], 0, 0.1, 'float32', seed);
  const vector = (seed: number) => tf.randomNormal<tf.Rank.R1>([16], 1, 0.1, 'float32', seed);
  const gradients = (f: (...x: tf.Tensor[]) => tf.Tensor, ...x: tf.Tensor[]) => {
    const { value, grads } = tf.valueAndGrads(f)(x);
    return [value, ...grads];
  };
  const same = (a: tf.Tensor, b: tf.Tensor, stride = 1) =>
    tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, stride, 'same');
  /** Each needs several pieces of memory, one after another. */
  const COMPUTATIONS: Record<string, () => tf.Tensor[]> = {
    convolution: () => gradients((x, f) => same(x, f), image(1), filter(2)),
    'convolution with strides': () => gradients((x, f) => same(x, f, 2), image(1), filter(2)),
    'convolution, bias and relu': () => [
      tf.fused.conv2d({ x: image(1), filter: filter(2), strides: 1, pad: 'same', bias: vector(3), activation: 'relu' }),
    ],
    'convolution and sigmoid': () => [
      tf.fused.conv2d({ x: image(1), filter: filter(2), strides: 1, pad: 'same', activation: 'sigmoid' }),
    ],
    normalization: () => [
      tf.relu(tf.add(tf.batchNorm(image(1), vector(2), vector(3), vector(4), vector(5)), image(6))),
    ],
    'normalization in training': () => {
      const layer = tf.layers.batchNormalization();
      return gradients((x) => tf.relu(tf.add(layer.apply(x, { training: true }) as tf.Tensor, x)), image(1));
    },
    pooling: () => [
      ...gradients((x) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'same'), image(1)),
      ...gradients((x) => tf.avgPool(x as tf.Tensor4D, 3, 2, 'same'), image(2)),
    ],
    'products of matrices': () =>
      gradients(
        (a, b) => tf.matMul(a as tf.Tensor3D, b as tf.Tensor3D),
        image(1).reshape([4, 256, 16]),
        image(2).reshape([4, 16, 256]),
      ),
    'sums and products': () =>
      gradients((a, b) => tf.sum(tf.mul(tf.sub(a, b), tf.relu(b)), [0, 1, 2]), image(1), image(2)),
    'a penalty': () => gradients((x) => tf.regularizers.l2({ l2: 0.1 }).apply(x) as tf.Scalar, filter(1)),
    dropout: () => [tf.layers.dropout({ rate: 0.5, seed: 1 }).apply(image(1), { training: true }) as tf.Tensor],
  };

  for (const [name, compute] of Object.entries(COMPUTATIONS)) {
    it(`fails with that error in the middle of ${name}, or gives the right result, and loses no memory`, () => {
      const { shared } = backend;
      const values = () => {
        const result = tf.tidy(() => compute().map((tensor) => tensor.dataSync()));
        tf.disposeVariables(); // of layers
        return result;
      };
      leave(0); // what was kept of earlier filters is forgotten
      giveBack();
      const [held, data] = [shared.held, backend.numDataIds()];
      const expected = values();
      const ends = { right: 0, failed: 0 };
      fc.assert(
        fc.property(fc.nat(3000), (kilobytes) => {
          leave(kilobytes);
          try {
            assert.deepEqual(values(), expected);
            ends.right += 1;
          } catch (error) {
            if ((error as Error).name === 'AssertionError') throw error;
            assertExplains(error);
            ends.failed += 1;
          } finally {
            giveBack();
            disposeTape();
            tf.disposeVariables();
          }
          assert.equal(backend.numDataIds(), data, 'data of tensors that nobody has');
          assert.equal(shared.held, held, 'memory of tensors that nobody has');
        }),
        { numRuns: 40, examples: [[0]] },
      );
      assert.ok(ends.failed > 0, 'some runs have too little memory');
      assert.deepEqual(values(), expected, 'afterwards');
    });
  }

  it('fails in the middle of a training step, and trains on when there is memory', async () => {
    const { shared } = backend;
    setRandomSeed(1);
    const model = resnetV1([32, 32, 3], 8);
    model.compile({ optimizer: tf.train.sgd(0.01), loss: 'categoricalCrossentropy' });
    const x = tf.randomNormal([8, 32, 32, 3], 0, 1, 'float32', 1);
    const y = tf.oneHot(tf.range(0, 8, 1, 'int32'), 10);
    const loss = (await model.trainOnBatch(x, y)) as number;
    const held = shared.held;
    for (const kilobytes of [100, 1000, 4000]) {
      leave(kilobytes);
      await assert.rejects(model.trainOnBatch(x, y) as Promise<unknown>, (error) => assertExplains(error));
      giveBack();
      disposeTape();
      assert.equal(shared.held, held, `memory lost with ${kilobytes} KiB`);
    }
    const losses: number[] = [];
    for (let i = 0; i < 10; i++) losses.push((await model.trainOnBatch(x, y)) as number);
    assertClose([losses[0]], [loss], 0.5, 'a step that failed spoils nothing');
    assert.ok(losses[9] < losses[0], `${losses}`);
    tf.dispose([x, y]);
    model.dispose();
  });

  it('fails in the middle of fit, which holds nothing afterwards: a smaller batch has that memory', async () => {
    const { shared } = backend;
    const { train } = await loadEmoji10();
    setRandomSeed(1);
    const model = resnetV1([32, 32, 3], 8);
    const train64 = (batchSize: number) => fit(model, takeImages(train, 64), { batchSize, augment: true });
    await train64(2);
    const [held, tensors] = [shared.held, tf.memory().numTensors];
    for (let i = 0; i < 3; i++) {
      leave(6000);
      await assert.rejects(train64(64), (error) => assertExplains(error));
      giveBack();
      assert.equal(tf.memory().numTensors, tensors, 'tensors of a step that failed');
      assert.equal(shared.held, held, 'memory of a step that failed');
    }
    leave(6000);
    const { history } = await train64(2);
    giveBack();
    assert.ok(Number.isFinite(history.loss[0]));
    model.dispose();
  });
});
