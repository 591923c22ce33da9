// All of CIFAR-10 from the stand-in download server in ../shared/mirror, through the commands that a person types.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { loadCifar10, loadDataset } from 'resnet-lab';
import { temporaryFolder } from '../helpers/folder';
import { npm, serveCifar10 } from '../helpers/mirror';

const cacheDir = temporaryFolder();

serveCifar10();

/** Starts `npm run data` as a person would, and kills it when the archive is half there. */
async function killInTheMiddle(folder: string): Promise<number> {
  const code = `require('resnet-lab').loadCifar10({ cacheDir: ${JSON.stringify(folder)} })`;
  const child = spawn(process.execPath, ['-e', code], { stdio: 'ignore' });
  const partial = () => readdirSync(folder).find((name) => name.endsWith('.partial'));
  const size = () => (existsSync(folder) && partial() ? statSync(join(folder, partial() as string)).size : 0);
  while (size() < 20_000_000) await new Promise((resolve) => setTimeout(resolve, 2));
  child.kill('SIGKILL');
  await new Promise((resolve) => child.on('exit', resolve));
  return size();
}

describe("the mirror's CIFAR-10", () => {
  it('is fetched after all when the first process was killed in the middle', async () => {
    const folder = temporaryFolder();
    const bytes = await killInTheMiddle(folder);
    console.log(`killed after ${(bytes / 1e6).toFixed(0)} MB: ${readdirSync(folder).join(', ')}`);
    let received = 0;
    const { test } = await loadCifar10({
      cacheDir: folder,
      onProgress: (progress) => {
        received = progress.receivedBytes;
      },
    });
    assert.equal(test.labels.length, 10_000);
    assert.ok(received > bytes);
    assert.equal(readdirSync(folder).length, 1);
  });

  it('is fetched, checked and cached with all its images', async () => {
    let reports = 0;
    const { train, test, source } = await loadCifar10({ cacheDir, onProgress: () => reports++ });
    assert.deepEqual(train.images.shape, [50_000, 32, 32, 3]);
    assert.deepEqual(test.images.shape, [10_000, 32, 32, 3]);
    assert.ok(reports > 0);
    assert.equal(source.official, false);
    for (const { labels } of [train, test]) {
      const counts = new Array(10).fill(0);
      for (const label of labels) counts[label] += 1;
      assert.deepEqual(counts, new Array(10).fill(labels.length / 10));
    }
    // Real photographs: the mean colour that the literature gives for CIFAR-10's training images, (0.491, 0.482, 0.447).
    const sums = [0, 0, 0];
    train.images.data.forEach((value, i) => {
      sums[i % 3] += value;
    });
    const means = sums.map((sum) => sum / (50_000 * 1024 * 255));
    [0.491, 0.482, 0.447].forEach((mean, c) => {
      assert.ok(Math.abs(means[c] - mean) < 0.005, `channel ${c}: ${means[c]}`);
    });
  });

  it('is read from the cache a second time', async () => {
    const start = performance.now();
    const { name } = await loadDataset('auto', { cacheDir });
    console.log(`second load: ${((performance.now() - start) / 1000).toFixed(2)} s`);
    assert.equal(name, 'CIFAR-10');
  });

  it('trains a ResNet from the terminal', () => {
    assert.match(npm('data'), /^CIFAR-10: 50,000 training and 10,000 test images \(NOT the official archive: http/m);
    const output = npm('train', '--', '--data', 'cifar10', '--depth', '8', '--limit', '2000', '--epochs', '1');
    const accuracy = Number(/Test accuracy (\d\.\d+), loss \d+\.\d+ \(10,000 images\)/.exec(output)?.[1]);
    assert.ok(accuracy > 0.12, `one epoch on 2,000 images learns more than guessing: ${accuracy}`);
  });
});
