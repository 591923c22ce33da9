import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import ndarray from 'ndarray';
import { type Figure, figureSvg, plotConfusion, plotHistory, plotImages, plotLosses, plotSchedules } from 'resnet-lab';

const attributes = (svg: string, tag: string, name: string) =>
  [...svg.matchAll(new RegExp(`<${tag} [^>]*?\\b${name}="([^"]*)"`, 'g'))].map((match) => match[1]);
const texts = (svg: string) => [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map((match) => match[1]);

function curve(more: object = {}, layout: object = {}): Figure {
  const margin = { l: 100, r: 100, t: 50, b: 50 };
  return {
    data: [{ type: 'scatter', mode: 'lines', x: [0, 5, 10], y: [0, null, 20], ...more }],
    layout: { width: 300, height: 200, margin, xaxis: { range: [0, 10] }, yaxis: { range: [0, 20] }, ...layout },
    description: 'a curve',
  };
}

describe('figureSvg', () => {
  it('puts points where the axes have them, upwards, with gaps', () => {
    const svg = figureSvg(curve({ x: [0, 5, 6, 7, 10], y: [0, 10, null, 10, 20] }));
    assert.deepEqual(attributes(svg, 'polyline', 'points'), ['100,150 150,100', '170,100 200,50']);
  });

  it('leaves out what is no number, and draws the rest as if it were not there', () => {
    const auto = { xaxis: {}, yaxis: {} };
    const svg = figureSvg(curve({ x: [0, 1, 2, 3], y: [0, 1, Number.NaN, Number.POSITIVE_INFINITY] }, auto));
    assert.deepEqual(
      attributes(svg, 'polyline', 'points'),
      attributes(figureSvg(curve({ x: [0, 1, 2, 3], y: [0, 1, null, null] }, auto)), 'polyline', 'points'),
    );
    assert.doesNotMatch(svg, /NaN|Infinity/);
    assert.ok(texts(svg).includes('0.4'), 'the marks are there');
    assert.doesNotMatch(figureSvg(plotLosses({ diverged: [2, Number.NaN] })), /NaN,|,NaN|Infinity/);
  });

  it('marks doubles and fivefolds where an axis has less than two decades', () => {
    const svg = figureSvg(curve({ y: [0.02, 0.03, 0.06] }, { yaxis: { type: 'log' } }));
    assert.deepEqual(
      texts(svg).filter((text) => /^0\.0/.test(text)),
      ['0.02', '0.05'],
    );
  });

  it('takes logarithms, and marks decades', () => {
    const layout = { yaxis: { type: 'log' }, xaxis: { range: [0, 10] } };
    const svg = figureSvg(curve({ y: [0.001, 0.01, 0.1] }, layout));
    const heights = attributes(svg, 'polyline', 'points')[0]
      .split(' ')
      .map((point) => Number(point.split(',')[1]));
    assert.ok(Math.abs(heights[0] - heights[1] - (heights[1] - heights[2])) < 0.2, `${heights}`);
    assert.deepEqual(
      texts(svg).filter((text) => /^0\.[01]/.test(text)),
      ['0.001', '0.01', '0.1'],
    );
  });

  it('begins at zero where the axis does, marks round numbers, and leaves room above', () => {
    const svg = figureSvg(curve({ x: [0, 10], y: [0, 20] }, { yaxis: { rangemode: 'tozero' } }));
    assert.ok(
      ['0', '5', '10', '15', '20'].every((mark) => texts(svg).includes(mark)),
      `${texts(svg)}`,
    );
    assert.deepEqual(attributes(svg, 'polyline', 'points'), ['100,150 200,54.8']); // a twentieth above the largest
  });

  it('draws both panels of a history, each on its own half, and one legend', () => {
    const svg = figureSvg(
      plotHistory({
        epoch: [0, 1],
        history: { loss: [2, 1], val_loss: [2, 2], accuracy: [0.2, 0.5], val_accuracy: [0, 1] },
      }),
    );
    const starts = attributes(svg, 'polyline', 'points').map((points) => Number(points.split(',')[0]));
    assert.ok(starts[0] < 320 && starts[1] < 320 && starts[2] > 380 && starts[3] > 380, `${starts}`);
    assert.deepEqual(
      texts(svg).filter((text) => /training|validation/.test(text)),
      ['training', 'validation'],
    );
  });

  it('holds an image as it is, at its place', () => {
    const { data, layout, description } = plotImages(ndarray(new Uint8Array(2 * 4 * 4 * 3), [2, 4, 4, 3]), {
      captions: ['left', 'right & <more>'],
    });
    const svg = figureSvg({ data, layout, description });
    assert.deepEqual(attributes(svg, 'image', 'href'), [data[0].source]);
    const png = Buffer.from(String(data[0].source).split(',')[1], 'base64');
    const [width, height] = [attributes(svg, 'image', 'width'), attributes(svg, 'image', 'height')].map(Number);
    assert.ok(Math.abs(width / height - png.readUInt32BE(16) / png.readUInt32BE(20)) < 0.02, 'pixels are square');
    assert.deepEqual(texts(svg), ['left', 'right &#38; &#60;more&#62;']);
  });

  it('shades a matrix by its values', () => {
    const svg = figureSvg(
      plotConfusion(
        [
          [4, 1],
          [0, 2],
        ],
        ['cat', 'dog'],
      ),
    );
    assert.deepEqual(attributes(svg, 'rect', 'fill-opacity'), ['1.00', '0.25', '0.50']);
    const [x, y] = [attributes(svg, 'rect', 'x'), attributes(svg, 'rect', 'y')];
    assert.ok(Number(x[1]) > Number(x[0]) && y[1] === y[0] && Number(y[2]) > Number(y[0]), 'rows run downwards');
  });

  it('says what it shows, and can hold any text', () => {
    const svg = figureSvg({ ...curve(), description: '5 < 6 & "7"' });
    assert.match(svg, /<title>5 &#60; 6 &#38; &#34;7&#34;<\/title>/);
    assert.match(svg, /role="img"/);
  });

  it('draws a figure that is still empty', () => {
    const svg = figureSvg({ data: [], layout: {}, description: 'nothing' });
    assert.doesNotMatch(svg, /NaN|Infinity|undefined/);
    assert.doesNotMatch(figureSvg(plotSchedules({ still: () => 0.1 }, 4)), /NaN|Infinity|undefined/);
  });
});
