// Draws Emoji-10: ten classes of 32×32 RGB pictures in CIFAR-10's binary record format and archive layout.
// The same seed gives the same file, bit for bit. Run it with: npm run emoji10
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'fflate';
import seedrandom from 'seedrandom';
import { pack } from 'tar-stream';
import { background } from './backgrounds.mjs';
import { CLASS_NAMES, loadGlyphs, RASTER } from './glyphs.mjs';

const SEED = 'emoji-10 version 1';
const SIDE = 32;
const TRAIN_FILES = 5;
const IMAGES_PER_FILE = 1000;
/** Samples along each side of a pixel: glyphs shrink to a quarter, so one sample a pixel would alias. */
const SAMPLES = 3;
/** Pixel values are rounded to multiples of this, which the eye does not see and the archive's size does. */
const STEP = 4;

/** Bilinear sample of a premultiplied RGBA raster at (u, v) in pixels; transparent outside. */
function sample(raster, u, v, out) {
  const [i, j] = [Math.floor(u), Math.floor(v)];
  const [fu, fv] = [u - i, v - j];
  out.fill(0);
  for (const [di, dj, weight] of [
    [0, 0, (1 - fu) * (1 - fv)],
    [1, 0, fu * (1 - fv)],
    [0, 1, (1 - fu) * fv],
    [1, 1, fu * fv],
  ]) {
    const [x, y] = [i + di, j + dj];
    if (x < 0 || y < 0 || x >= RASTER || y >= RASTER) continue;
    for (let c = 0; c < 4; c++) out[c] += weight * raster[(y * RASTER + x) * 4 + c];
  }
}

/** Where the glyph lies: maps a place of the picture (pixels) to a place of the glyph's raster. */
function placement(rng) {
  const size = SIDE * (0.7 + 0.3 * rng());
  const room = SIDE - size;
  const [left, top] = [room * rng(), room * rng()];
  const half = (rng() * 2 - 1) * 0.2; // tangent of half the rotation: up to ±23°
  const [cos, sin] = [(1 - half * half) / (1 + half * half), (2 * half) / (1 + half * half)];
  const flip = rng() < 0.5 ? -1 : 1;
  const scale = RASTER / size;
  return (x, y) => {
    const [dx, dy] = [x - left - size / 2, y - top - size / 2];
    return [RASTER / 2 + flip * scale * (cos * dx + sin * dy) - 0.5, RASTER / 2 + scale * (cos * dy - sin * dx) - 0.5];
  };
}

/** A change of colour: gain and offset for each channel around a common brightness. */
function colourShift(rng) {
  const brightness = 0.85 + 0.3 * rng();
  return [0, 1, 2].map(() => ({ gain: brightness * (0.85 + 0.3 * rng()), offset: (rng() * 2 - 1) * 15 }));
}

/** One CIFAR-10 record: the label, then the red, green and blue planes. */
function drawRecord(label, raster, rng, split) {
  const [behind, place, shift] = [background(rng, split), placement(rng), colourShift(rng)];
  const record = new Uint8Array(1 + 3 * SIDE * SIDE);
  record[0] = label;
  const rgba = new Float64Array(4);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const sum = [0, 0, 0, 0];
      for (let s = 0; s < SAMPLES * SAMPLES; s++) {
        const [u, v] = place(x + ((s % SAMPLES) + 0.5) / SAMPLES, y + (Math.floor(s / SAMPLES) + 0.5) / SAMPLES);
        sample(raster, u, v, rgba);
        for (let c = 0; c < 4; c++) sum[c] += rgba[c] / (SAMPLES * SAMPLES);
      }
      const opacity = sum[3] / 255;
      const back = behind((x + 0.5) / SIDE, (y + 0.5) / SIDE);
      for (let c = 0; c < 3; c++) {
        const value = sum[c] * shift[c].gain + shift[c].offset * opacity + back[c] * (1 - opacity);
        record[1 + (c * SIDE + y) * SIDE + x] = Math.max(0, Math.min(255, Math.round(value / STEP) * STEP));
      }
    }
  }
  return record;
}

/** One file of records, classes in random order and equally many of each. */
function drawFile(glyphs, split, rng) {
  const labels = Array.from({ length: IMAGES_PER_FILE }, (_, i) => i % CLASS_NAMES.length);
  for (let i = labels.length - 1; i > 0; i--) {
    const j = Math.floor(rng() * (i + 1));
    [labels[i], labels[j]] = [labels[j], labels[i]];
  }
  return Buffer.concat(
    labels.map((label) => {
      const rasters = glyphs[split][label];
      return drawRecord(label, rasters[Math.floor(rng() * rasters.length)], rng, split);
    }),
  );
}

async function archive(files) {
  const tar = pack();
  for (const [name, content] of Object.entries(files)) {
    tar.entry({ name: `cifar-10-batches-bin/${name}`, mtime: new Date(0), mode: 0o644 }, content);
  }
  tar.finalize();
  return gzipSync(await buffer(tar), { level: 9, mem: 12, mtime: 0 });
}

const glyphs = await loadGlyphs();
const rng = seedrandom.alea(SEED);
const files = { 'batches.meta.txt': Buffer.from(`${CLASS_NAMES.join('\n')}\n\n`) };
for (let b = 1; b <= TRAIN_FILES; b++) files[`data_batch_${b}.bin`] = drawFile(glyphs, 'train', rng);
files['test_batch.bin'] = drawFile(glyphs, 'test', rng);
const bytes = await archive(files);
const path = process.argv[2] ?? fileURLToPath(new URL('emoji-10-binary.tar.gz', import.meta.url));
writeFileSync(path, bytes);
console.log(`${bytes.length} bytes, SHA-256 ${createHash('sha256').update(bytes).digest('hex')}`);
