import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';

const bench = (file: string) => import(pathToFileURL(join('bench', file)).href);

describe('the tables of the bench', () => {
  it('are aligned, in plain text and in Markdown', async () => {
    const { table } = await bench('table.mjs');
    const rows = [
      ['a', 'long cell', '1'],
      ['longer', 'b', '12.5'],
    ];
    assert.deepEqual(table(['work', 'peer', 'n'], rows, { left: 2 }), [
      'work     peer           n',
      '──────   ─────────   ────',
      'a        long cell      1',
      'longer   b           12.5',
    ]);
    assert.deepEqual(table(['work', 'n'], [['a', '12.5']], { markdown: true }), [
      '| work |    n |',
      '| ---- | ---: |',
      '| a    | 12.5 |',
    ]);
    assert.throws(() => table(['work', 'n'], [['a']]), /should have 2 columns, received 1: a\./);
  });

  it('show ratios, absolute speeds, GFLOPS and who was left out', async () => {
    const { report } = await bench('report.mjs');
    const peers = [
      { name: 'simd', about: 'ours', values: [0.1, 0.125, 0.2] },
      { name: 'PyTorch', about: 'theirs', values: [0.2, 0.2, 0.2] },
    ];
    const text = report({
      machine: { processor: 'CPU', threads: 2, memory: 2 ** 34, system: 'linux', node: '20', date: '2026-01-01T00:00' },
      subject: 'simd',
      peak: 200,
      targets: [
        {
          work: 'train128',
          group: 'PyTorch',
          peer: 'PyTorch',
          first: 0.9,
          goal: 1.3,
          ratios: [2, 1.6, 1],
          reached: 'goal',
        },
      ],
      results: [
        { work: 'train128', measure: 'step', flops: 1e8, peers, leftOut: [{ name: 'wasm', reason: 'too slow' }] },
        { work: 'memory', measure: 'memory', peers: [{ name: 'simd', values: [2 ** 20 * 512] }], leftOut: [] },
      ],
      scaling: [],
      disturbance: { turns: 6, disturbed: 1, most: 0.84 },
      leftOut: [{ name: 'cpu', reason: 'minutes' }],
    });
    for (const line of [
      /batch 128, simd ÷ PyTorch +≥ 0\.9 +≥ 1\.3 +1\.60 \(1\.00–2\.00\) +goal$/m,
      /batch 128 +simd +1024 \(640–1280\) +125 +102 +51 % +–$/m, // 128 / 0.125, then 1e8 · 128 / 0.125
      /batch 128 +PyTorch +640 +200 +64 +32 % +1\.60 \(1\.00–2\.00\)$/m,
      /Peak memory.* simd +512 MiB +–$/m,
      /Other programs computed during 1 of 6 turns, with up to 0\.8 cores/,
      /^- cpu: minutes$/m,
      /^- wasm, ResNet-20 training, batch 128: too slow$/m,
    ]) {
      assert.match(text, line);
    }
  });
});
