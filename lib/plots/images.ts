import { PNG } from 'pngjs';
import { checkCount } from '../checks';
import { packedValues } from '../data/packed';
import type { Split } from '../data/types';
import type { Figure } from './figure';

export interface ImageGridOptions {
  /** Under each image; `<br>` breaks the line. */
  captions?: string[];
  /** Of each caption; by default the text's own. */
  captionColours?: string[];
  /** Images in a row. */
  columns?: number;
  title?: string;
}

/** RGB on white, and the compression that suits photographs best: notebooks carry every picture twice. */
const SMALL = { colorType: 2, deflateStrategy: 1 } as const;
/** Pixels of an image between two images. */
const GAP = 2;
/** On the screen: the width that a notebook has for a grid, what a line of a caption needs, and the least that a title needs. */
const GRID_PIXELS = 820;
const LINE_PIXELS = 14;
const TITLE_PIXELS = 360;
/** An image of 32 pixels at three times its size is easy to see. */
const LARGEST_ZOOM = 3;

/**
 * A grid of images with their captions. The pixels travel as one PNG inside the figure and are drawn without blurring.
 *
 * @param images bytes, [N, height, width, 3].
 * @throws RangeError when there are no images, they are not RGB, or captions don't match in number.
 */
export function plotImages(images: Split['images'], options: ImageGridOptions = {}): Figure {
  const [count, height, width, channels] = images.shape;
  const { captions, captionColours, columns = Math.min(count, 10), title } = options;
  if (images.shape.length !== 4 || channels !== 3 || count === 0) {
    throw new RangeError(`Images should have the shape [N, height, width, 3], received [${images.shape}].`);
  }
  checkCount('columns', columns);
  if (captions !== undefined && captions.length !== count) {
    throw new RangeError(`There should be one caption for each of ${count} images, received ${captions.length}.`);
  }
  const words = (captions ?? [])
    .map((caption) => caption.replaceAll('<br>', ' ').trim())
    .filter(Boolean)
    .join(', ');
  const rows = Math.ceil(count / columns);
  const zoom = Math.min(LARGEST_ZOOM, GRID_PIXELS / (columns * (width + GAP)));
  const lines = Math.max(0, ...(captions ?? []).map((caption) => caption.split('<br>').length));
  const gap = captions ? GAP + Math.ceil((lines * LINE_PIXELS + 4) / zoom) : GAP;
  const [pitchX, pitchY] = [width + GAP, height + gap];
  const png = mosaic(packedValues(images), count, height, width, columns, pitchX, pitchY);
  const place = (i: number) => ({ x: (i % columns) * pitchX, y: Math.floor(i / columns) * pitchY });
  return {
    data: [
      { type: 'image', source: `data:image/png;base64,${png.toString('base64')}`, hoverinfo: 'skip', zsmooth: false },
    ],
    layout: {
      ...(title ? { title: { text: title } } : {}),
      width: Math.max(columns * pitchX * zoom, title ? TITLE_PIXELS : 0) + 20,
      height: rows * pitchY * zoom + (title ? 60 : 20),
      margin: { l: 10, r: 10, t: title ? 50 : 10, b: 10 },
      xaxis: { visible: false, fixedrange: true, range: [-0.5, columns * pitchX - 0.5], constrain: 'domain' },
      yaxis: {
        visible: false,
        fixedrange: true,
        range: [rows * pitchY - 0.5, -0.5],
        scaleanchor: 'x',
        constrain: 'domain',
      },
      annotations: (captions ?? []).map((text, i) => ({
        text,
        x: place(i).x + width / 2,
        y: place(i).y + height,
        xanchor: 'center',
        yanchor: 'top',
        showarrow: false,
        font: { size: 10, ...(captionColours ? { color: captionColours[i] } : {}) },
      })),
    },
    description: `${title ?? 'Images'}: ${count} of ${width}×${height} pixels${words ? ` (${words})` : ''}.`,
  };
}

/** One PNG with the images side by side on white. */
function mosaic(
  bytes: Uint8Array,
  count: number,
  height: number,
  width: number,
  columns: number,
  pitchX: number,
  pitchY: number,
): Buffer {
  const png = new PNG({ width: columns * pitchX, height: Math.ceil(count / columns) * pitchY });
  png.data.fill(0);
  for (let i = 0; i < count; i++) {
    const [left, top] = [(i % columns) * pitchX, Math.floor(i / columns) * pitchY];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const from = ((i * height + y) * width + x) * 3;
        const to = ((top + y) * png.width + left + x) * 4;
        for (let c = 0; c < 3; c++) png.data[to + c] = bytes[from + c];
        png.data[to + 3] = 255;
      }
    }
  }
  return PNG.sync.write(png, SMALL);
}
