// Pictures of a network and of what it does, each a pure function.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import ndarray from 'ndarray';
import { PNG } from 'pngjs';
import {
  augmentImages,
  type Figure,
  parameterTable,
  plotAugmentation,
  plotConfusion,
  plotFeatureMaps,
  plotFilters,
  plotGradCam,
  plotMistakes,
  plotNetwork,
  plotPredictions,
  plotTable,
  resnetV1,
  tf,
  useBackend,
} from 'resnet-lab';
import { readJson } from '../helpers/vectors';

before(() => useBackend('cpu'));

const pngOf = ({ data }: Figure) => PNG.sync.read(Buffer.from(String(data[0].source).split(',')[1], 'base64'));
const pixel = (png: PNG, x: number, y: number) => [
  ...png.data.subarray((y * png.width + x) * 4, (y * png.width + x) * 4 + 3),
];
const captions = ({ layout }: Figure) => (layout.annotations as { text: string }[]).map(({ text }) => text);
const bytes = (shape: number[]) =>
  ndarray(
    Uint8Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => (i * 37) % 256),
    shape,
  );

describe('plotConfusion', () => {
  it('has the very matrix, true classes from top to bottom', () => {
    const { data, layout, description } = plotConfusion(
      [
        [5, 2],
        [0, 3],
      ],
      ['cat', 'dog'],
    );
    assert.deepEqual(
      [data[0].z, data[0].x, data[0].y],
      [
        [
          [5, 2],
          [0, 3],
        ],
        ['cat', 'dog'],
        ['cat', 'dog'],
      ],
    );
    assert.equal((layout.yaxis as { autorange: string }).autorange, 'reversed');
    assert.deepEqual(captions({ data, layout, description }), ['5', '2', '3']);
    const places = (layout.annotations as { x: number; y: number }[]).map(({ x, y }) => [x, y]);
    assert.deepEqual(
      places,
      [
        [0, 0],
        [1, 0],
        [1, 1],
      ],
      'Plotly takes the name of a class for a number if it is one',
    );
    assert.equal(description, 'Confusion: 8 of 10 right; most often wrong: cat taken for dog, 2 times.');
  });

  it('refuses what is no matrix of these classes', () => {
    assert.throws(() => plotConfusion([[1, 2]], ['a']), /RangeError: .*square.*received rows of 2/);
    assert.throws(() => plotConfusion([[1]], ['a', 'b']), /RangeError: .*each of 1 classes, received 2/);
  });
});

describe('plotPredictions', () => {
  const split = { images: bytes([2, 4, 4, 3]), labels: Uint8Array.from([0, 1]) };
  const probabilities = ndarray(Float32Array.from([0.9, 0.1, 0.6, 0.4]), [2, 2]);

  it('tells answers, how sure they are, and what is wrong in words and colour', () => {
    const figure = plotPredictions(split, probabilities, ['cat', 'dog']);
    assert.deepEqual(captions(figure), ['cat 90%<br> ', 'cat 60%<br>is dog']);
    const colours = (figure.layout.annotations as { font: { color: string } }[]).map(({ font }) => font.color);
    assert.notEqual(colours[0], colours[1]);
    assert.match(figure.description, /^1 of 2 right\. .*\(cat 90%, cat 60% is dog\)/);
  });

  it('refuses probabilities of other images or classes', () => {
    assert.throws(() => plotPredictions(split, probabilities, ['cat']), /RangeError: .*\[2, 1\], received \[2,2\]/);
  });
});

describe('plotMistakes', () => {
  const split = { images: bytes([3, 4, 4, 3]), labels: Uint8Array.from([0, 1, 0]) };

  it('shows the images of the mistakes in their order', () => {
    const mistakes = [
      { index: 2, label: 0, predicted: 1, confidence: 0.87 },
      { index: 1, label: 1, predicted: 0, confidence: 0.5 },
    ];
    const figure = plotMistakes(split, mistakes, ['cat', 'dog'], { count: 1 });
    assert.deepEqual(captions(figure), ['cat, taken for<br>dog 87%']);
    assert.deepEqual(
      pixel(pngOf(figure), 0, 0),
      [0, 1, 2].map((c) => split.images.get(2, 0, 0, c)),
    );
  });

  it('has something to say when there is none', () => {
    assert.match(plotMistakes(split, [], ['cat', 'dog']).description, /none/);
  });
});

describe('plotAugmentation', () => {
  it('shows each image as it is, and then what training sees of it', () => {
    const images = bytes([2, 8, 8, 3]);
    const figure = plotAugmentation(images, { copies: 3, seed: 5 });
    const png = pngOf(figure);
    const pitch = 8 + 2;
    for (const i of [0, 1]) {
      assert.deepEqual(
        pixel(png, 3, i * pitch + 2),
        [0, 1, 2].map((c) => images.get(i, 2, 3, c)),
      );
    }
    const repeated = ndarray(new Uint8Array(8 * 192), [8, 8, 8, 3]);
    for (let i = 0; i < 8; i++)
      repeated.data.set(images.data.subarray(Math.floor(i / 4) * 192, Math.floor(i / 4) * 192 + 192), i * 192);
    const expected = augmentImages(repeated, 5);
    assert.deepEqual(
      pixel(png, 3 * pitch + 1, pitch + 6),
      [0, 1, 2].map((c) => expected.get(7, 6, 1, c)),
    );
    assert.equal(png.width, 4 * pitch);
  });
});

describe('plotFeatureMaps', () => {
  it('goes from dark for nothing to bright for the largest, enlarges small maps, and counts the empty ones', () => {
    const maps = ndarray(Float32Array.from([0, 0, 4, 0, 2, 0, 0, 0]), [1, 2, 2, 2]); // channels last
    const figure = plotFeatureMaps(maps, { title: 'maps' });
    const png = pngOf(figure);
    assert.deepEqual(pixel(png, 0, 0), [0x44, 0x01, 0x54]);
    assert.deepEqual(pixel(png, 31, 0), [0xfd, 0xe7, 0x25]);
    assert.deepEqual(pixel(png, 16, 15), [0xfd, 0xe7, 0x25], '16 times as large');
    assert.equal(figure.description, 'maps: 2 maps of 2×2, 1 of them empty.');
    assert.throws(() => plotFeatureMaps(ndarray(new Float32Array(4), [2, 2, 1])), /RangeError.*received \[2,2,1\]/);
  });
});

describe('plotFilters', () => {
  it('draws zero grey and the strongest weight fully', () => {
    const png = pngOf(plotFilters(tf.tensor4d([0, -0.5, 0.5], [1, 1, 3, 1])));
    assert.deepEqual(pixel(png, 5, 5), [128, 0, 255]);
    assert.throws(() => plotFilters(tf.zeros([3, 3, 16, 16])), /RangeError: .*received \[3,3,16,16\]/);
  });
});

describe('plotGradCam', () => {
  it('shows the image, and below it the image under the heat', () => {
    const images = bytes([1, 4, 4, 3]);
    const png = pngOf(plotGradCam(images, ndarray(Float32Array.from([1, 0, 0, 0]), [1, 2, 2]), { captions: ['cat'] }));
    const original = [0, 1, 2].map((c) => images.get(0, 0, 0, c));
    assert.deepEqual(pixel(png, 0, 0), original);
    const below = png.height / 2;
    const blend = (heat: number[], at: number[]) => at.map((value, c) => Math.round(0.45 * value + 0.55 * heat[c]));
    assert.deepEqual(pixel(png, 0, below), blend([0xfd, 0xe7, 0x25], original));
    const corner = [0, 1, 2].map((c) => images.get(0, 3, 3, c));
    assert.deepEqual(pixel(png, 3, below + 3), blend([0x44, 0x01, 0x54], corner));
    const heat = ndarray(new Float32Array(4), [1, 2, 2]);
    assert.throws(() => plotGradCam(images, heat, { captions: [] }), /each of 1 images, received 0/);
    assert.throws(() => plotGradCam(images, ndarray(new Float32Array(8), [2, 2, 2])), /RangeError.*received \[2,2,2\]/);
  });
});

describe('plotNetwork', () => {
  const shapesOf = (figure: Figure, type: string) =>
    (figure.layout.shapes as { type: string; line: { dash?: string } }[]).filter((shape) => shape.type === type);

  it('draws every layer of the main path once, identities full and projections dashed', () => {
    for (const depth of [8, 20, 110]) {
      const blocks = (depth - 2) / 6;
      const figure = plotNetwork(resnetV1([32, 32, 3], depth));
      assert.equal(shapesOf(figure, 'rect').length, depth + 1, 'its layers and the pooling');
      const paths = shapesOf(figure, 'path');
      assert.equal(paths.filter(({ line }) => line.dash === undefined).length, 3 * blocks - 2);
      assert.equal(paths.filter(({ line }) => line.dash === 'dash').length, 2);
    }
    const { description } = plotNetwork(resnetV1([32, 32, 3], 8), 'ResNet-8');
    assert.equal(
      description,
      'ResNet-8: 32×32×16: 3 layers, 1 identity and 0 projection shortcuts; 16×16×32: 2 layers, 0 identity and 1 projection shortcuts; 8×8×64: 2 layers, 0 identity and 1 projection shortcuts; 10: 2 layers.',
    );
  });

  it('draws plain networks too, and refuses what is no residual network', () => {
    const dense = (units: number) => tf.layers.dense({ units });
    const plain = tf.sequential({
      layers: [tf.layers.conv2d({ filters: 4, kernelSize: 3, inputShape: [8, 8, 3] }), tf.layers.flatten(), dense(2)],
    });
    assert.equal(shapesOf(plotNetwork(plain), 'rect').length, 2);
    const inputs = tf.input({ shape: [4] });
    const three = [dense(4), dense(4), dense(4)].map((layer) => layer.apply(inputs) as tf.SymbolicTensor);
    const added = tf.layers.add({ name: 'sum' }).apply(three) as tf.SymbolicTensor;
    assert.throws(() => plotNetwork(tf.model({ inputs, outputs: added })), /TypeError: 'sum' should add.*adds 3/);
    const joined = tf.layers.concatenate({ name: 'join' }).apply(three.slice(0, 2)) as tf.SymbolicTensor;
    assert.throws(() => plotNetwork(tf.model({ inputs, outputs: joined })), /TypeError: 'join' .*Concatenate of 2/);
  });
});

describe('parameterTable', () => {
  it("has Keras's numbers beside what its docstring promises", () => {
    const counts = readJson<Record<string, { total: number; trainable: number }>>('parameter-counts');
    const rows = parameterTable();
    assert.deepEqual(
      rows.map(({ depth, promised }) => [depth, promised]),
      [
        [20, '0.27M'],
        [32, '0.46M'],
        [44, '0.66M'],
        [56, '0.85M'],
        [110, '1.7M'],
      ],
    );
    for (const { depth, total, trainable } of [...rows, ...parameterTable([8])]) {
      assert.deepEqual([total, trainable], [counts[depth].total, counts[depth].trainable], `depth ${depth}`);
    }
  });

  it('is drawn as a table', () => {
    const figure = plotTable([{ name: 'a', count: 12345 }], 'Counts');
    assert.deepEqual(captions(figure), ['name', 'count', 'a', '12,345']);
    assert.equal(figure.description, 'Counts: name a, count 12345.');
    assert.throws(() => plotTable([]), /RangeError/);
    assert.deepEqual(captions(plotTable([{ rate: 1e-7, share: 0.123456789 }])).slice(2), ['1e-7', '0.123457']);
    const rows = [{ name: 'a' }, {}] as { name: string }[];
    assert.throws(() => plotTable(rows), /RangeError: Row 1 should have .* 'name', received undefined/);
  });
});
