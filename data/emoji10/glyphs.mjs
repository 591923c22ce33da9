// The emoji behind each class, and their pictures.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { initWasm, Resvg } from '@resvg/resvg-wasm';

const require = createRequire(import.meta.url);

export const DESIGNS = ['noto', 'noto-v1', 'twemoji', 'fluent-emoji-flat', 'fluent-emoji', 'emojione'];

/**
 * The emoji of the ten classes, in CIFAR-10's order. Each is drawn in up to six designs; `test` lists the drawings, as
 * `emoji/design`, that only test images show. They were chosen among those that networks recognised without having
 * seen them, so that the test measures how well a network generalises and not how odd a drawing is.
 */
const CLASSES = {
  airplane: {
    emoji: ['airplane', 'small-airplane', 'airplane-departure', 'airplane-arrival'],
    test: [
      'airplane/noto',
      'airplane-departure/twemoji',
      'airplane-departure/emojione',
      'airplane-arrival/fluent-emoji-flat',
    ],
  },
  automobile: {
    emoji: [
      'automobile',
      'sport-utility-vehicle',
      'police-car',
      'taxi',
      'racing-car',
      'oncoming-automobile',
      'oncoming-taxi',
      'oncoming-police-car',
    ],
    test: [
      'sport-utility-vehicle/twemoji',
      'police-car/noto-v1',
      'taxi/noto',
      'oncoming-taxi/twemoji',
      'oncoming-taxi/noto-v1',
    ],
  },
  bird: {
    emoji: [
      'bird',
      'goose',
      'black-bird',
      'chicken',
      'duck',
      'rooster',
      'swan',
      'dove',
      'penguin',
      'eagle',
      'parrot',
      'turkey',
      'owl',
      'baby-chick',
      'hatching-chick',
      'front-facing-baby-chick',
    ],
    test: [
      'front-facing-baby-chick/noto',
      'swan/twemoji',
      'penguin/twemoji',
      'chicken/fluent-emoji-flat',
      'rooster/noto-v1',
      'duck/fluent-emoji',
      'turkey/emojione',
    ],
  },
  cat: {
    emoji: [
      'cat',
      'cat-face',
      'grinning-cat',
      'grinning-cat-with-smiling-eyes',
      'kissing-cat',
      'pouting-cat',
      'weary-cat',
      'crying-cat',
      'cat-with-wry-smile',
      'black-cat',
    ],
    test: ['kissing-cat/noto', 'grinning-cat/noto-v1', 'cat-face/fluent-emoji', 'crying-cat/fluent-emoji-flat'],
  },
  deer: { emoji: ['deer', 'moose'], test: ['moose/fluent-emoji', 'deer/fluent-emoji'] },
  dog: {
    emoji: ['dog', 'dog-face', 'poodle', 'service-dog', 'guide-dog'],
    test: ['dog/noto', 'dog-face/emojione', 'dog-face/twemoji', 'poodle/emojione'],
  },
  frog: { emoji: ['frog'], test: ['frog/fluent-emoji-flat', 'frog/emojione'] },
  horse: {
    emoji: ['horse', 'horse-face', 'carousel-horse', 'horse-racing'],
    test: ['horse/fluent-emoji', 'horse-racing/fluent-emoji-flat'],
  },
  ship: {
    emoji: ['ship', 'passenger-ship', 'ferry', 'sailboat', 'speedboat', 'motor-boat'],
    test: ['ferry/twemoji', 'sailboat/fluent-emoji-flat', 'motor-boat/twemoji', 'speedboat/emojione'],
  },
  truck: {
    emoji: ['delivery-truck', 'fire-engine', 'pickup-truck', 'articulated-lorry'],
    test: ['delivery-truck/twemoji', 'pickup-truck/twemoji', 'fire-engine/noto', 'fire-engine/fluent-emoji-flat'],
  },
};

export const CLASS_NAMES = Object.keys(CLASSES);

/** Side of the square raster that every glyph is drawn on, in pixels. */
export const RASTER = 96;

/** `{ train, test }`: for each class, the rasters (premultiplied RGBA bytes, RASTER × RASTER) that its images use. */
export async function loadGlyphs() {
  await initWasm(readFileSync(require.resolve('@resvg/resvg-wasm/index_bg.wasm')));
  const sets = DESIGNS.map((design) =>
    JSON.parse(readFileSync(require.resolve(`@iconify-json/${design}/icons.json`), 'utf8')),
  );
  const glyphs = { train: [], test: [] };
  for (const { emoji, test } of Object.values(CLASSES)) {
    const drawings = { train: [], test: [] };
    for (const name of emoji) {
      DESIGNS.forEach((design, d) => {
        const raster = rasterize(sets[d], name);
        const split = test.includes(`${name}/${design}`) ? 'test' : 'train';
        if (raster !== undefined) drawings[split].push(raster);
      });
    }
    glyphs.train.push(drawings.train);
    glyphs.test.push(drawings.test);
  }
  return glyphs;
}

/** EmojiTwo calls a face by its full name where the other designs shorten it; not every design draws every glyph. */
function rasterize(set, name) {
  const icon =
    set.icons[name] ??
    set.icons[`${name}-face`] ??
    set.icons[name.replace('cat', 'cat-face')] ??
    set.icons[name.replace('-bird', 'bird')];
  if (icon === undefined) return undefined;
  const width = icon.width ?? set.width ?? 16;
  const height = icon.height ?? set.height ?? 16;
  const side = Math.max(width, height); // a few glyphs are not square: they are centred
  const box = `${(width - side) / 2} ${(height - side) / 2} ${side} ${side}`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="${box}">${icon.body}</svg>`;
  const image = new Resvg(svg, { fitTo: { mode: 'width', value: RASTER }, font: { loadSystemFonts: false } }).render();
  return Uint8Array.from(image.pixels);
}
