import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import ndarray from 'ndarray';
import { PNG } from 'pngjs';
import { plotHistory, plotImages, plotLosses, plotRuns, plotSchedules, show } from 'resnet-lab';

const history = {
  epoch: [0, 1],
  history: { loss: [2, 1], accuracy: [0.2, 0.5], val_loss: [2.5, 1.5], val_accuracy: [0.1, 0.4] },
};

describe('plotHistory', () => {
  it('draws four curves over epochs that count from 1', () => {
    const { data, description } = plotHistory(history, 'ResNet-8');
    assert.deepEqual(
      data.map(({ name, xaxis, y }) => [name, xaxis, y]),
      [
        ['training', 'x', [2, 1]],
        ['validation', 'x', [2.5, 1.5]],
        ['training', 'x2', [0.2, 0.5]],
        ['validation', 'x2', [0.1, 0.4]],
      ],
    );
    assert.deepEqual(data[0].x, [1, 2]);
    assert.equal(description, 'ResNet-8, 2 epochs: loss 1.000, accuracy 0.500; validation loss 1.500, accuracy 0.400.');
  });

  it("understands TensorFlow.js's own names", () => {
    const { data } = plotHistory({ epoch: [0], history: { loss: [2], acc: [0.3], val_loss: [2], val_acc: [0.2] } });
    assert.deepEqual(
      data.map(({ y }) => y),
      [[2], [2], [0.3], [0.2]],
    );
  });

  it('leaves validation out where there is none, and refuses an empty history', () => {
    const { loss, accuracy } = history.history;
    assert.equal(plotHistory({ epoch: [0, 1], history: { loss, accuracy } }).data.length, 2);
    assert.throws(() => plotHistory({ epoch: [], history: {} }), /RangeError.*at least one finished epoch/);
  });
});

describe('plotLosses', () => {
  it('draws a curve for each training, each point the mean of the steps up to it', () => {
    const { data } = plotLosses({ plain: [4, 2, 0], residual: [2, 2, 2] }, 'Loss', 2);
    assert.deepEqual(
      data.map(({ name, y }) => [name, y]),
      [
        ['plain', [4, 3, 1]],
        ['residual', [2, 2, 2]],
      ],
    );
    assert.deepEqual(data[0].x, [1, 2, 3]);
    assert.throws(() => plotLosses({}), /RangeError/);
    assert.throws(() => plotLosses({ none: [] }), /RangeError: .*'none' has none/);
    assert.throws(() => plotLosses({ a: [1] }, 'Loss', 0), /RangeError: smoothing .*received 0/);
  });

  it('draws a long training with few points, its last among them', () => {
    const { data } = plotLosses({ long: Array.from({ length: 300_000 }, (_, i) => i % 7) });
    const [x, y] = [data[0].x, data[0].y] as number[][];
    assert.ok(x.length <= 500 && x.length > 400, `${x.length} points`);
    assert.deepEqual([x.at(-1), y.at(-1)], [300_000, 299_999 % 7]);
    assert.equal(
      plotHistory({ epoch: Array.from({ length: 200 }, (_, i) => i), history: { loss: new Array(200).fill(1) } })
        .data[0].mode,
      'lines',
    );
  });
});

describe('plotSchedules', () => {
  it('draws a curve for each schedule over the epochs, without the zeros that a logarithmic scale has no place for', () => {
    const { data, layout, description } = plotSchedules({ rising: (step, steps) => step / steps, still: () => 0.1 }, 4);
    assert.deepEqual(
      data.map(({ name, x, y }) => [name, (x as number[]).at(-1), (y as number[])[0], (y as number[]).at(-1)]),
      [
        ['rising', 3.99, null, 3.99],
        ['still', 3.99, 0.1, 0.1],
      ],
    );
    assert.equal((layout.yaxis as { type: string }).type, 'log');
    assert.equal(
      description,
      'Learning rate over 4 epochs: rising from 0 to 3.99, 3.99 at most; still from 0.1 to 0.1, 0.1 at most.',
    );
    assert.throws(() => plotSchedules({}, 4), /RangeError: plotSchedules/);
    assert.throws(() => plotSchedules({ still: () => 0.1 }, 0), /RangeError: epochs .*received 0/);
  });
});

describe('plotRuns', () => {
  it('draws accuracy against time, a curve for each training, and says where each ends', () => {
    const runs = [
      { name: 'frozen', points: [{ seconds: 2, accuracy: 0.5 }] },
      {
        name: 'scratch',
        points: [
          { seconds: 1, accuracy: 0.1 },
          { seconds: 9.6, accuracy: 0.75 },
        ],
      },
    ];
    const { data, description } = plotRuns(runs, 'Race');
    assert.deepEqual(
      data.map(({ name, x, y }) => [name, x, y]),
      [
        ['frozen', [2], [0.5]],
        ['scratch', [1, 9.6], [0.1, 0.75]],
      ],
    );
    assert.equal(description, 'Race: frozen 50.0 % after 2 s; scratch 75.0 % after 10 s.');
    assert.throws(() => plotRuns([]), /RangeError: .*received none/);
    assert.throws(() => plotRuns([{ name: 'idle', points: [] }]), /RangeError: .*'idle' has none/);
  });
});

describe('plotImages', () => {
  const pixels = Uint8Array.from({ length: 3 * 2 * 2 * 3 }, (_, i) => i * 7);
  const images = ndarray(pixels, [3, 2, 2, 3]);

  it('holds the very pixels, side by side', () => {
    const { data, layout } = plotImages(images, { columns: 2, captions: ['a', 'b', 'c'] });
    const png = PNG.sync.read(Buffer.from(String(data[0].source).split(',')[1], 'base64'));
    const at = (x: number, y: number) => [...png.data.subarray((y * png.width + x) * 4, (y * png.width + x) * 4 + 4)];
    assert.deepEqual(at(0, 0), [0, 7, 14, 255]);
    assert.deepEqual(at(1, 1), [63, 70, 77, 255]);
    const pitch = 4; // two pixels and a gap of two
    assert.deepEqual(at(pitch, 0), [84, 91, 98, 255]);
    assert.deepEqual(at(2, 0), [255, 255, 255, 255]);
    const below = png.height / 2;
    assert.deepEqual(at(0, below), [168, 175, 182, 255]);
    assert.deepEqual(
      (layout.annotations as { text: string }[]).map(({ text }) => text),
      ['a', 'b', 'c'],
    );
  });

  it('draws a view as it looks', () => {
    const flipped = images.step(1, 1, -1);
    const { data } = plotImages(flipped);
    const png = PNG.sync.read(Buffer.from(String(data[0].source).split(',')[1], 'base64'));
    assert.deepEqual([...png.data.subarray(0, 3)], [21, 28, 35]);
  });

  it('refuses what is no image', () => {
    assert.throws(() => plotImages(ndarray(new Uint8Array(4), [1, 2, 2, 1])), /RangeError.*\[N, height, width, 3\]/);
    assert.throws(() => plotImages(images, { captions: ['a'] }), /RangeError.*each of 3 images, received 1/);
  });
});

describe('show', () => {
  it('prints the description where there is no notebook', (t) => {
    const log = t.mock.method(console, 'log', () => {});
    show(plotHistory(history));
    assert.match(String(log.mock.calls[0].arguments[0]), /^Training, 2 epochs/);
  });
});
