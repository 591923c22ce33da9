import ndarray, { type NdArray } from 'ndarray';
import { packedValues } from '../data/packed';
import type { Split } from '../data/types';
import type { tf } from '../tf';
import { viridis } from './colour';
import type { Figure } from './figure';
import { type ImageGridOptions, plotImages } from './images';

/** Maps of a few pixels are enlarged to about this many, so that all layers' figures can be compared. */
const SHOWN = 32;

/**
 * Feature maps of one image, a picture for each channel, dark for nothing and bright for the layer's largest value.
 *
 * @param maps [1, height, width, channels], from `featureMaps`.
 * @throws RangeError when they are of another shape.
 */
export function plotFeatureMaps(
  maps: NdArray<Float32Array>,
  options: Pick<ImageGridOptions, 'columns' | 'title'> = {},
): Figure {
  const [count, height, width, channels] = maps.shape;
  if (maps.shape.length !== 4 || count !== 1) {
    throw new RangeError(
      `The maps should be those of one image, [1, height, width, channels], received [${maps.shape}].`,
    );
  }
  const most = Math.max(...Array.from({ length: channels }, (_, channel) => largest(maps, channel)));
  const scale = Math.max(1, Math.floor(SHOWN / Math.max(height, width)));
  const pictures = draw(channels, height * scale, width * scale, (c, y, x) =>
    viridis(maps.get(0, Math.floor(y / scale), Math.floor(x / scale), c) / (most || 1)),
  );
  const title = options.title ?? 'Feature maps';
  const figure = plotImages(pictures, { columns: 16, ...options, title });
  const dead = Array.from({ length: channels }, (_, c) => largest(maps, c)).filter((value) => value <= 0).length;
  return { ...figure, description: `${title}: ${channels} maps of ${width}×${height}, ${dead} of them empty.` };
}

function largest(maps: NdArray<Float32Array>, channel: number): number {
  const [, height, width] = maps.shape;
  let most = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) most = Math.max(most, maps.get(0, y, x, channel) || 0);
  }
  return most;
}

/**
 * The filters of a first layer as small colour pictures: grey is 0, and the strongest weight is fully bright or dark.
 *
 * @param kernel [height, width, 3, filters], a convolution's first weight.
 * @throws RangeError when it does not look at colours.
 */
export function plotFilters(kernel: tf.Tensor, options: Pick<ImageGridOptions, 'columns' | 'title'> = {}): Figure {
  const [height, width, channels, filters] = kernel.shape;
  if (kernel.shape.length !== 4 || channels !== 3) {
    throw new RangeError(`The kernel should be [height, width, 3, filters], received [${kernel.shape}].`);
  }
  const weights = ndarray(kernel.dataSync(), kernel.shape);
  let most = 0;
  for (const weight of weights.data) most = Math.max(most, Math.abs(weight));
  const scale = Math.max(1, Math.floor(SHOWN / Math.max(height, width)));
  const pictures = draw(filters, height * scale, width * scale, (f, y, x) =>
    [0, 1, 2].map(
      (c) => 127.5 + (127.5 * weights.get(Math.floor(y / scale), Math.floor(x / scale), c, f)) / (most || 1),
    ),
  );
  return plotImages(pictures, { columns: 16, title: 'Filters', ...options });
}

/**
 * Images, and below each the same image under what `gradCam` found: bright where something speaks for the class.
 *
 * @param images bytes, [N, height, width, 3].
 * @param heat [N, map height, map width], 0 to 1.
 */
export function plotGradCam(
  images: Split['images'],
  heat: NdArray<Float32Array>,
  { captions, title = 'What speaks for the answer' }: Pick<ImageGridOptions, 'captions' | 'title'> = {},
): Figure {
  const [count, height, width] = images.shape;
  if (heat.shape.length !== 3 || heat.shape[0] !== count) {
    throw new RangeError(`The heat maps should be [${count}, height, width], received [${heat.shape}].`);
  }
  if (captions !== undefined && captions.length !== count) {
    throw new RangeError(`There should be one caption for each of ${count} images, received ${captions.length}.`);
  }
  const bytes = packedValues(images);
  const pictures = draw(2 * count, height, width, (i, y, x) => {
    const image = i % count;
    const pixel = [0, 1, 2].map((c) => bytes[((image * height + y) * width + x) * 3 + c]);
    if (i < count) return pixel;
    const colour = viridis(between(heat, image, (y + 0.5) / height, (x + 0.5) / width));
    return pixel.map((value, c) => 0.45 * value + 0.55 * colour[c]);
  });
  const below = captions && [...captions.map(() => ''), ...captions];
  return plotImages(pictures, { columns: count, captions: below, title });
}

/** The value of a map at a place from 0 to 1, between its pixels. */
function between(heat: NdArray<Float32Array>, image: number, down: number, across: number): number {
  const [, height, width] = heat.shape;
  const [y, x] = [down * height - 0.5, across * width - 0.5].map((v, axis) =>
    Math.min(Math.max(v, 0), [height, width][axis] - 1),
  );
  const [y0, x0] = [Math.floor(y), Math.floor(x)];
  const [y1, x1] = [Math.min(y0 + 1, height - 1), Math.min(x0 + 1, width - 1)];
  const mix = (a: number, b: number, part: number) => a + (b - a) * part;
  return mix(
    mix(heat.get(image, y0, x0), heat.get(image, y0, x1), x - x0),
    mix(heat.get(image, y1, x0), heat.get(image, y1, x1), x - x0),
    y - y0,
  );
}

/** Pictures from their pixels' colours, [N, height, width, 3]. */
function draw(
  count: number,
  height: number,
  width: number,
  colour: (picture: number, y: number, x: number) => number[],
): NdArray<Uint8Array> {
  const bytes = new Uint8Array(count * height * width * 3);
  for (let i = 0, at = 0; i < count; i++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) for (const value of colour(i, y, x)) bytes[at++] = Math.round(value);
    }
  }
  return ndarray(bytes, [count, height, width, 3]);
}
