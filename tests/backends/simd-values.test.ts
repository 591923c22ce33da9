// What was read from a tensor of the simd backend belongs to the reader: it never changes, although tensors, variables
// and their views share memory that later operations use again.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { adam, sgd, tf } from 'resnet-lab';
import { assertClose } from '../helpers/close';
import { useSimd } from '../helpers/simd';

before(useSimd);

const SHAPE: [number, number, number, number] = [4, 16, 16, 16];
const SIZE = 4 * 16 * 16 * 16;
const numbers = Float32Array.from({ length: SIZE }, (_, i) => (i % 997) - 400);
const image = () => tf.tensor4d(numbers, SHAPE);
const doubled = numbers.map((value) => 2 * value);

/** Computes so much that freed memory of a tensor's size serves again, and writes other numbers there. */
function useMemoryAgain(): void {
  tf.tidy(() => {
    const x = tf.randomNormal<tf.Rank.R4>(SHAPE, 0, 1, 'float32', 1);
    const filter = tf.randomNormal<tf.Rank.R4>([3, 3, 16, 16], 0, 1, 'float32', 2);
    const others: tf.Tensor[] = [x];
    for (let i = 0; i < 20; i++) others.push(tf.relu(tf.add(others[i], 1)));
    others.push(...tf.grads((a, b) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, 'same'))([x, filter]));
    for (const other of others) other.dataSync();
  });
}

describe('numbers that were read from simd', () => {
  const MADE: Record<string, () => tf.Tensor> = {
    'a result': () => tf.add(image(), image()),
    'a result of JavaScript': () => tf.tensor(doubled),
    'a result that moved to the shared memory': () => {
      const x = tf.tensor(doubled);
      tf.relu(x);
      return x;
    },
    'a normalised image, which is computed when read': () => {
      const [zeros, ones] = [tf.zeros([16]), tf.ones([16])];
      return tf.batchNorm(image(), zeros, ones, zeros, ones.mul(2), 0);
    },
    'a reshaped result': () => tf.add(image(), image()).reshape([-1]),
    'a clone of a result': () => tf.add(image(), image()).clone(),
    'a slice of a result': () => tf.add(image(), image()).slice([0], [4]),
    'a part of a result and the rest': () => {
      const sum = tf.add(image(), image());
      return tf.concat([sum.slice([0], [1]), sum.slice([1], [3])]);
    },
  };

  it('stay when the tensor is disposed of, and its memory serves again', async () => {
    for (const [name, make] of Object.entries(MADE)) {
      for (const read of [(x: tf.Tensor) => x.dataSync(), (x: tf.Tensor) => x.data()]) {
        const x = tf.tidy(make);
        const values = await read(x);
        const [again, buffered] = [await read(x), x.bufferSync().values];
        x.dispose();
        useMemoryAgain();
        for (const each of [values, again, buffered]) assert.deepEqual(each, doubled, name);
      }
    }
  });

  it('are those at the time of asking, where they come later', async () => {
    const x = tf.tidy(() => tf.add(image(), image()));
    const variable = tf.variable(x);
    const late = tf.tidy(() => tf.batchNorm(x, tf.zeros([16]), tf.ones([16]), undefined, undefined, 0));
    const asked = [x, x.clone(), variable, late].map((tensor) => tensor.data());
    const optimizer = sgd(1);
    optimizer.minimize(() => tf.sum(variable) as tf.Scalar);
    const trained = variable.data();
    tf.dispose([x, variable, late]);
    optimizer.dispose();
    useMemoryAgain();
    for (const values of await Promise.all(asked)) assert.deepEqual(values, doubled);
    assert.deepEqual(
      await trained,
      doubled.map((value) => value - 1),
    );
  });

  it('are not those of the tensor: to write into them changes nothing', () => {
    const x = tf.tidy(() => tf.add(image(), image()));
    x.dataSync().fill(0);
    x.bufferSync().values.fill(1);
    assert.deepEqual(x.dataSync(), doubled);
    x.dispose();
  });
});

describe('a view of a tensor of simd', () => {
  // Of kernels that simd takes over from cpu, these hand on what they are given, or a part of it.
  const VIEWS: Record<string, (x: tf.Tensor4D) => tf.Tensor> = {
    clone: (x) => x.clone(),
    reshape: (x) => x.reshape([16, -1]),
    cast: (x) => x.cast('float32'),
    slice: (x) => x.slice([1, 0, 0, 0], [2, -1, -1, -1]),
    'slice of a slice': (x) => x.slice([1], [2]).slice([1], [1]),
    split: (x) => tf.split(x, 2)[1],
    unstack: (x) => tf.unstack(x)[3],
    'strided slice': (x) => tf.stridedSlice(x, [1], [3], [1]),
    gather: (x) => tf.gather(x, [2]),
    expandDims: (x) => tf.expandDims(x),
    squeeze: (x) => tf.squeeze(x.slice([2], [1])),
    flatten: (x) => tf.layers.flatten().apply(x) as tf.Tensor,
    dropout: (x) => tf.layers.dropout({ rate: 0.5 }).apply(x) as tf.Tensor,
    relu6: (x) => tf.relu6(x),
    'pooling of one pixel': (x) => tf.maxPool(x, 1, 1, 'same'),
    'gradient of a clone': (x) => tf.grad((y) => y.clone())(x, x),
    'sum over nothing': (x) => tf.sum(x, []),
    transpose: (x) => tf.transpose(x, [0, 1, 2, 3]),
    tile: (x) => tf.tile(x, [1, 1, 1, 1]),
    pad: (x) =>
      tf.pad(x, [
        [0, 0],
        [0, 0],
        [0, 0],
        [0, 0],
      ]),
    reverse: (x) => tf.reverse(x, []),
  };

  const original = () => tf.sub(tf.add(image(), image()), image()) as tf.Tensor4D;
  const expected = (view: (x: tf.Tensor4D) => tf.Tensor) => tf.tidy(() => view(image()).dataSync().slice());

  it('keeps its values when the tensor is gone', () => {
    for (const [name, view] of Object.entries(VIEWS)) {
      const result = tf.tidy(() => view(original()));
      useMemoryAgain();
      assert.deepEqual(result.dataSync(), expected(view), name);
      result.dispose();
    }
  });

  it('keeps its values when the tensor is a variable that is trained in place', () => {
    for (const [name, view] of Object.entries(VIEWS)) {
      const variable = tf.variable(tf.tidy(original));
      const optimizer = adam(0.5);
      const train = () => optimizer.minimize(() => tf.sum(variable) as tf.Scalar);
      const before = tf.tidy(() => view(variable as tf.Tensor as tf.Tensor4D));
      train();
      const between = variable.clone();
      train();
      useMemoryAgain();
      assert.deepEqual(before.dataSync(), expected(view), name);
      assertClose(
        between.dataSync(),
        numbers.map((value) => value - 0.5),
        1e-3,
        `clone after a step (${name})`,
      );
      assertClose(
        variable.dataSync(),
        numbers.map((value) => value - 1),
        1e-3,
        `variable after two (${name})`,
      );
      tf.dispose([before, between, variable]);
      optimizer.dispose();
    }
  });
});

describe('variables on simd', () => {
  it('read before steps in place keep their values, whatever the optimiser', () => {
    for (const optimizer of [adam(0.1), sgd(0.1), sgd(0.1, { momentum: 0.9, nesterov: true, weightDecay: 0.1 })]) {
      const variable = tf.variable(tf.tensor1d(numbers));
      const read: [tf.TypedArray, number[]][] = [];
      for (let step = 0; step < 5; step++) {
        const values = variable.dataSync();
        read.push([values, [...values]]);
        optimizer.minimize(() => tf.sum(tf.square(variable)) as tf.Scalar);
      }
      useMemoryAgain();
      for (const [values, then] of read) assert.deepEqual([...values], then);
      assert.notDeepEqual([...variable.dataSync()], read[0][1]);
      variable.dispose();
      optimizer.dispose();
    }
  });

  it('that start from one tensor, or from each other, are trained apart', () => {
    const start = tf.tensor1d(numbers);
    const [a, b] = [tf.variable(start), tf.variable(start)];
    const c = tf.variable(a);
    const optimizer = sgd(1);
    optimizer.minimize(() => tf.sum(a) as tf.Scalar, false, [a]);
    const less = (by: number) => numbers.map((value) => value - by);
    for (const [tensor, by] of [
      [a, 1],
      [b, 0],
      [c, 0],
      [start, 0],
    ] as const)
      assert.deepEqual(tensor.dataSync(), less(by));
    b.assign(a);
    optimizer.minimize(() => tf.sum(a) as tf.Scalar, false, [a]);
    for (const [tensor, by] of [
      [a, 2],
      [b, 1],
      [c, 0],
      [start, 0],
    ] as const)
      assert.deepEqual(tensor.dataSync(), less(by));
    tf.dispose([a, b, c, start]);
    optimizer.dispose();
  });

  it('of a batch normalisation keep what was read before a step', () => {
    const layer = tf.layers.batchNormalization();
    const x = image();
    const apply = () => tf.dispose(layer.apply(x, { training: true }) as tf.Tensor);
    apply();
    const moving = layer.getWeights()[2];
    const [values, copy] = [moving.dataSync(), moving.clone()];
    const then = [...values];
    apply();
    useMemoryAgain();
    assert.deepEqual([...values], then);
    assert.deepEqual([...copy.dataSync()], then);
    assert.notDeepEqual([...moving.dataSync()], then);
    tf.dispose([x, copy, ...layer.getWeights()]);
  });
});
