import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { type Dataset, loadEmoji10 } from 'resnet-lab';

describe('Emoji-10', () => {
  let data: Dataset;
  before(async () => {
    data = await loadEmoji10();
  });

  it("has CIFAR-10's classes, equally many images of each, and shape", () => {
    assert.equal(data.name, 'Emoji-10');
    assert.deepEqual(data.classNames, 'airplane automobile bird cat deer dog frog horse ship truck'.split(' '));
    for (const [split, count] of [
      [data.train, 5000],
      [data.test, 1000],
    ] as const) {
      assert.deepEqual(split.images.shape, [count, 32, 32, 3]);
      const counts = new Array(10).fill(0);
      for (const label of split.labels) counts[label] += 1;
      assert.deepEqual(counts, new Array(10).fill(count / 10));
    }
  });

  it('takes at most 8 MB of the repository', () => {
    assert.ok(statSync('data/emoji10/emoji-10-binary.tar.gz').size <= 8e6);
  });

  it('has no image twice, in training or in test', () => {
    const seen = new Set<string>();
    for (const { images } of [data.train, data.test]) {
      for (let i = 0; i < images.shape[0]; i++)
        seen.add(Buffer.from(images.data.subarray(i * 3072, (i + 1) * 3072)).toString('latin1'));
    }
    assert.equal(seen.size, 6000);
  });
});
