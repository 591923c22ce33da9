import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';

const bench = (file: string) => import(pathToFileURL(join('bench', file)).href);

describe('the bench', () => {
  it('takes medians of odd and even numbers of rounds', async () => {
    const { summary } = await bench('statistics.mjs');
    assert.deepEqual(summary([3, 10, 1]), { median: 3, min: 1, max: 10 });
    assert.deepEqual(summary([4, 10, 1, 2]), { median: 3, min: 1, max: 10 });
    assert.throws(() => summary([]), /at least one value, received none/);
  });

  it('divides round by round: speeds of steps, but bytes and seconds of a process', async () => {
    const { ratios } = await bench('statistics.mjs');
    assert.deepEqual(ratios('step', [1, 2], [3, 4]), [3, 2]); // three times as fast, twice as fast
    assert.deepEqual(ratios('memory', [1, 2], [4, 4]), [0.25, 0.5]);
    assert.throws(() => ratios('step', [1], [1, 2]), /same rounds, received 1 and 2/);
  });

  it('compares with the better Keras, and tells which target is reached', async () => {
    const { compareWithTargets } = await bench('targets.mjs');
    const result = (work: string, measure: string, subject: number, keras: number) => ({
      work,
      measure,
      peers: [
        { name: 'simd', group: 'TensorFlow.js', values: [subject] },
        { name: 'Keras, jit on', group: 'Keras', values: [keras * 2] },
        { name: 'Keras, jit off', group: 'Keras', values: [keras] },
      ],
    });
    const results = [
      result('train128', 'step', 1, 2),
      result('train32', 'step', 1, 1.5),
      result('vgg32', 'step', 1, 1.4),
      result('memory', 'memory', 9, 10),
      result('start', 'start', 6, 10),
    ];
    const reached = compareWithTargets(results, 'simd').map((row: Record<string, unknown>) => [
      row.work,
      row.peer,
      row.reached,
    ]);
    assert.deepEqual(reached, [
      ['train128', 'Keras, jit off', 'first target'],
      ['train128', undefined, undefined], // no PyTorch
      ['train32', 'Keras, jit off', 'no'],
      ['vgg32', 'Keras, jit off', 'goal'],
      ['memory', 'Keras, jit off', 'first target'],
      ['start', 'Keras, jit off', 'no'],
    ]);
  });

  it('gives every peer a turn in each round, forwards and backwards, and drops one that fails', async () => {
    const { inRounds } = await bench('rounds.mjs');
    const turns: string[] = [];
    const dropped: string[] = [];
    const turn = async (name: string) => {
      turns.push(name);
      if (name === 'b' && turns.length > 4) throw new Error('it fell over');
      return turns.length;
    };
    const values = await inRounds(3, ['a', 'b', 'c'], turn, (name: string, reason: string) =>
      dropped.push(`${name}: ${reason}`),
    );
    assert.equal(turns.join(''), 'abccbaac');
    assert.deepEqual(
      [...values],
      [
        ['a', [1, 6, 7]],
        ['c', [3, 4, 8]],
      ],
    );
    assert.deepEqual(dropped, ['b: it fell over']);
  });

  it('counts the operations of ResNet-20 as the paper of its size does: 41 million multiplications', async () => {
    const { forwardFlops } = await bench('flops.mjs');
    const { resnetV1 } = await import('resnet-lab');
    const multiplications = forwardFlops(resnetV1([32, 32, 3], 20)) / 2;
    assert.ok(Math.abs(multiplications - 40.8e6) < 0.1e6, `${multiplications}`);
  });
});
