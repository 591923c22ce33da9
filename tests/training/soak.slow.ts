// A long training keeps nothing: memory after 2,000 steps is what it was after 200. How fast it stays, node bench/soak.mjs tells.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runScript } from '../helpers/child';

const MEGABYTE = 2 ** 20;

describe('2,000 steps of fit', () => {
  it('leave memory as it was', async () => {
    const script = `
      await lab.useBackend('simd');
      const folder = require('node:fs').mkdtempSync(require('node:path').join(require('node:os').tmpdir(), 'soak-'));
      const split = lab.takeImages((await lab.loadEmoji10()).train, 400);
      const seen = [];
      const watch = { onBatchEnd() {
        steps += 1;
        if (steps % 300 !== 200) return;
        gc();
        const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
        const { numTensors, numBytes } = tf.memory();
        seen.push({ steps, rss, heapUsed, external, arrayBuffers, numTensors, numBytes });
      } };
      let steps = 0;
      await lab.fit(lab.resnetV1([32, 32, 3], 8), split, {
        epochs: 50, batchSize: 8, augment: true, validation: 0.2, callbacks: [watch, new lab.EarlyStopping({ patience: 99, restoreBestWeights: true })],
        checkpoint: folder, checkpointSeconds: 1,
      });
      require('node:fs').rmSync(folder, { recursive: true });
      console.log(JSON.stringify(seen));`;
    const { code, stdout, stderr } = await runScript(script, { first: GC, patience: 300_000 });
    assert.equal(code, 0, stderr);
    const seen: Record<string, number>[] = JSON.parse(stdout);
    console.table(seen);
    const [first, last] = [seen[0], seen[seen.length - 1]];
    assert.deepEqual([first.steps, last.steps], [200, 2000]);
    assert.equal(last.numTensors, first.numTensors);
    assert.equal(last.numBytes, first.numBytes);
    const growth = (name: string) => (last[name] - first[name]) / MEGABYTE;
    assert.ok(growth('heapUsed') < 4, `JavaScript's memory grew by ${growth('heapUsed')} MiB`);
    assert.ok(growth('arrayBuffers') < 4, `array buffers grew by ${growth('arrayBuffers')} MiB`);
    assert.ok(growth('rss') < 48, `the process grew by ${growth('rss')} MiB`);
  });
});

const GC =
  "require('node:v8').setFlagsFromString('--expose-gc'); globalThis.gc = require('node:vm').runInNewContext('gc');";
