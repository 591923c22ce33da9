// A convolution keeps what it made of a filter for the next time. Whatever the filter is changed to, shown as, or however
// little memory is left, the results must be those of the filter as it is.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { adam, sgd, tf } from 'resnet-lab';
import { assertSameAsCpu } from '../helpers/compare-backends';
import { seed, upTo } from '../helpers/shapes';
import { disposeTape, takeAll, useSimd } from '../helpers/simd';

const named = (tensors: tf.Tensor[]) => Object.fromEntries(tensors.map((tensor, i) => [`${i}`, tensor]));

describe('a filter on simd', () => {
  const sizes = fc.record({
    kernelSize: fc.constantFrom(1, 2, 3), // 3: mostly through Winograd's transforms
    inChannels: fc.constantFrom(3, 8, 16),
    outChannels: fc.constantFrom(5, 8, 16),
    strides: fc.constantFrom(1, 2),
    seed,
  });

  it('that changes in place between convolutions is used as it is', () => {
    const change = fc.constantFrom('adam', 'sgd', 'assign', 'nothing', 'nothing');
    return fc.assert(
      fc.asyncProperty(sizes, fc.array(change, { minLength: 3, maxLength: 8 }), (c, changes) =>
        assertSameAsCpu(
          (draw) => {
            const { kernelSize, inChannels, outChannels, strides } = c;
            const x = draw<tf.Rank.R4>([2, 7, 8, inChannels]);
            const filter = tf.variable(draw<tf.Rank.R4>([kernelSize, kernelSize, inChannels, outChannels]));
            const optimizers = { adam: adam(0.1), sgd: sgd(0.1, { momentum: 0.9 }) };
            const results = changes.flatMap((each) => {
              const convolve = (a: tf.Tensor4D) => tf.conv2d(a, filter, strides, 'same');
              const before = convolve(x);
              const gradient = tf.grad((a) => convolve(a as tf.Tensor4D))(x);
              gradient.dataSync(); // until it is read it needs the filter as it was, which then is copied instead
              if (each === 'assign') filter.assign(draw(filter.shape));
              else if (each !== 'nothing') {
                optimizers[each as 'adam' | 'sgd'].minimize(() => tf.sum(tf.mul(filter, draw([outChannels]))), false, [
                  filter,
                ]);
              }
              return [before, gradient, convolve(x)];
            });
            filter.dispose();
            for (const optimizer of Object.values(optimizers)) optimizer.dispose();
            return named(results);
          },
          {
            seed: c.seed,
            terms: Object.fromEntries(changes.flatMap((_, i) => [0, 1, 2].map((j) => [3 * i + j, 200]))),
          },
        ),
      ),
      { numRuns: 40 },
    );
  });

  it('that is shown in another shape is another filter', () => {
    // The same numbers as [size, size, inputs, outputs]; a reshaped tensor has the memory of the first.
    const shapes: [number, number, number, number][] = [
      [3, 3, 8, 16],
      [3, 3, 16, 8],
      [1, 9, 8, 16],
      [9, 1, 16, 8],
      [3, 6, 8, 8],
      [6, 3, 8, 8],
      [1, 1, 72, 16],
      [1, 1, 16, 72],
      [3, 3, 32, 4],
      [3, 3, 4, 32],
    ];
    const shown = fc.array(fc.constantFrom(...shapes), { minLength: 4, maxLength: 12, size: 'max' });
    return fc.assert(
      fc.asyncProperty(shown, fc.boolean(), seed, (order, backwards, seed) =>
        assertSameAsCpu(
          (draw) => {
            const filter = draw([1152]);
            return named(
              order.map((shape) => {
                const convolve = (a: tf.Tensor) =>
                  tf.conv2d(a as tf.Tensor4D, filter.reshape<tf.Tensor4D>(shape), 1, 'same');
                const x = draw([1, 9, 9, shape[2]]);
                return backwards ? tf.grad(convolve)(x) : convolve(x);
              }),
            );
          },
          { seed, terms: Object.fromEntries(order.map((_, i) => [i, 300])) },
        ),
      ),
      { numRuns: 40 },
    );
  });

  it('gives the same when there is hardly memory for what is made of it', async () => {
    const { shared } = await useSimd();
    for (const block of takeAll(shared)) shared.release(block); // what earlier tests left is forgotten
    await fc.assert(
      fc.asyncProperty(fc.array(upTo(400), { minLength: 3, maxLength: 6 }), async (kilobytes) => {
        const start = shared.held;
        const x = tf.randomNormal<tf.Rank.R4>([1, 12, 12, 16], 0, 1, 'float32', 1);
        const filters = [1, 2, 3].map((seed) => tf.randomNormal<tf.Rank.R4>([3, 3, 16, 16], 0, 1, 'float32', seed));
        const compute = (filter: tf.Tensor4D) =>
          tf.tidy(() => {
            const forward = (a: tf.Tensor) =>
              tf.add(
                tf.conv2d(a as tf.Tensor4D, filter, 1, 'same'),
                tf.conv2d(a as tf.Tensor4D, filter, 1, 'valid').pad([
                  [0, 0],
                  [1, 1],
                  [1, 1],
                  [0, 0],
                ]),
              );
            const { value, grad } = tf.valueAndGrad(forward)(x);
            const strided = tf.conv2d(x, filter, 2, 'same');
            return [value, grad, strided].map((tensor) => [...tensor.dataSync()]);
          });
        const expected = filters.map((filter) => compute(filter));
        for (const size of kilobytes) {
          // All memory but so much is taken, so what was kept has to go for what is needed now.
          const room = shared.allocate(size * 1024);
          const taken = takeAll(shared);
          shared.release(room);
          try {
            filters.forEach((filter, i) => {
              let result: number[][];
              try {
                result = compute(filter);
              } catch (error) {
                assert.match((error as Error).message, /out of memory/);
                disposeTape();
                return;
              }
              assert.deepEqual(result, expected[i], `filter ${i} with ${size} KiB left`);
            });
          } finally {
            for (const block of taken) shared.release(block);
          }
          filters.forEach((filter, i) => {
            assert.deepEqual(compute(filter), expected[i], `filter ${i} after ${size} KiB were left`);
          });
        }
        tf.dispose([x, filters]);
        assert.equal(shared.held, start, 'nothing is lost');
      }),
      { numRuns: 8 },
    );
  });
});

describe('what is kept with a block of simd', () => {
  const nothing = () => {};

  it('is not given to anything else while it is filled and used, however little memory is left', async () => {
    const backend = await useSimd();
    const { shared } = backend;
    const block = shared.allocate(64);
    const held = shared.held;
    for (const moment of ['fill', 'use'] as const) {
      const bytes = 100_000;
      backend.derived(block, moment, bytes, nothing, nothing); // kept from the second time on
      const takeOthers = (pointer: number) => {
        const taken = takeAll(shared);
        for (const other of taken) {
          const isApart = other.pointer + other.bytes <= pointer || other.pointer >= pointer + bytes;
          assert.ok(isApart, `${other.pointer} … ${other.pointer + other.bytes} taken, ${pointer} in use`);
          shared.release(other);
        }
      };
      const [fill, use] = moment === 'fill' ? [takeOthers, nothing] : [nothing, takeOthers];
      backend.derived(block, moment, bytes, fill, use);
    }
    shared.forget(block);
    assert.equal(shared.held, held);
    shared.release(block);
  });

  it('makes room for something else that is kept with the same block', async () => {
    const backend = await useSimd();
    const { shared } = backend;
    const block = shared.allocate(64);
    const held = shared.held;
    const room = shared.allocate(100_000);
    const taken = takeAll(shared);
    shared.release(room);
    const uses: number[] = [];
    const keep = (name: string, bytes: number) => backend.derived(block, name, bytes, nothing, (p) => uses.push(p));
    keep('second', 10);
    keep('first', 60_000);
    keep('first', 60_000);
    keep('second', 60_000); // fits only without the first
    keep('first', 10);
    keep('first', 10);
    assert.equal(uses.length, 6);
    for (const other of taken) shared.release(other);
    shared.forget(block);
    assert.equal(shared.held, held);
    shared.release(block);
  });

  it('is filled again when filling it failed', async () => {
    const backend = await useSimd();
    const { shared } = backend;
    const block = shared.allocate(64);
    let filled = 0;
    const fail = () => {
      throw new Error('no result');
    };
    backend.derived(block, 'x', 64, nothing, nothing);
    assert.throws(() => backend.derived(block, 'x', 64, fail, nothing), /no result/);
    const fill = () => {
      filled += 1;
    };
    for (let i = 0; i < 3; i++) backend.derived(block, 'x', 64, fill, () => assert.ok(filled > 0));
    shared.release(block);
  });
});
