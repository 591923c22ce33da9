// Textures behind the glyphs. Only + - * / and floor, which IEEE 754 fixes exactly: the same bits on every machine.

/** Triangle wave of period 1 between 0 and 1. */
const triangle = (x) => Math.abs(2 * (x - Math.floor(x)) - 1);
const smooth = (x) => x * x * (3 - 2 * x);

function gradient(rng) {
  const [u, v] = [rng() * 2 - 1, rng() * 2 - 1];
  return (x, y) => 0.5 + 0.5 * (u * (2 * x - 1) + v * (2 * y - 1)) * 0.7;
}

function stripes(rng) {
  const [u, v, phase] = [(rng() * 2 - 1) * 5, (rng() * 2 - 1) * 5, rng()];
  return (x, y) => smooth(triangle(u * x + v * y + phase));
}

function checks(rng) {
  const [n, dx, dy] = [2 + rng() * 3, rng(), rng()];
  return (x, y) => ((Math.floor(n * x + dx) + Math.floor(n * y + dy)) & 1 ? 0.85 : 0.15);
}

/** Value noise: smooth interpolation between random values on a grid. */
function noise(rng, cells = 2 + Math.floor(rng() * 4)) {
  const side = cells + 1;
  const grid = Float64Array.from({ length: side * side }, rng);
  return (x, y) => {
    const [i, j] = [Math.min(Math.floor(x * cells), cells - 1), Math.min(Math.floor(y * cells), cells - 1)];
    const [fx, fy] = [smooth(x * cells - i), smooth(y * cells - j)];
    const at = (a, b) => grid[(j + b) * side + i + a];
    return (at(0, 0) * (1 - fx) + at(1, 0) * fx) * (1 - fy) + (at(0, 1) * (1 - fx) + at(1, 1) * fx) * fy;
  };
}

function rough(rng) {
  const [coarse, fine] = [noise(rng, 3), noise(rng, 9)];
  return (x, y) => 0.65 * coarse(x, y) + 0.35 * fine(x, y);
}

/** Cells around random points: each place takes the value of its nearest point. */
function mosaic(rng) {
  const points = Array.from({ length: 6 + Math.floor(rng() * 8) }, () => [rng(), rng(), rng()]);
  return (x, y) => {
    let [nearest, value] = [Infinity, 0];
    for (const [px, py, v] of points) {
      const distance = (px - x) * (px - x) + (py - y) * (py - y);
      if (distance < nearest) [nearest, value] = [distance, v];
    }
    return value;
  };
}

/** Textures of the training images; those of the test images add `mosaic`, which training never shows. */
const TEXTURES = {
  train: [gradient, stripes, checks, noise, rough],
  test: [gradient, stripes, checks, noise, rough, mosaic],
};

/** A random background: `(x, y) => [r, g, b]`, coordinates from 0 to 1, colours from 0 to 255. */
export function background(rng, split) {
  const textures = TEXTURES[split];
  const texture = textures[Math.floor(rng() * textures.length)](rng);
  const colour = () => [rng() * 255, rng() * 255, rng() * 255];
  const [from, to, contrast] = [colour(), colour(), 0.3 + 0.7 * rng()];
  return (x, y) => {
    const t = 0.5 + (texture(x, y) - 0.5) * contrast;
    return from.map((c, i) => c + (to[i] - c) * t);
  };
}
