// One pass over all variables. They are listed as entries of six 32-bit numbers: variable, gradient, first and second
// accumulator, count, and the position of its first vector in the whole, by which shares are cut.
import { float, fma, int, shareStart } from './common';

const ENTRY: i32 = 24;

/**
 * Adam as in TensorFlow.js: m and v move towards g and g²; w −= rate · (m / c1) / (√(v / c2) + ε).
 * Arguments: entries, entries' number, vectors in all, β1, 1 − β1, β2, 1 − β2, rate, 1 / c1, 1 / c2, ε.
 */
export function adam(args: usize, part: i32, parts: i32): void {
  const first = shareStart(int(args, 2), 1, part, parts);
  const last = shareStart(int(args, 2), 1, part + 1, parts);
  const beta1 = f32x4.splat(float(args, 3)),
    rest1 = f32x4.splat(float(args, 4));
  const beta2 = f32x4.splat(float(args, 5)),
    rest2 = f32x4.splat(float(args, 6));
  const rate = f32x4.splat(-float(args, 7));
  const correct1 = f32x4.splat(float(args, 8)),
    correct2 = f32x4.splat(float(args, 9));
  const epsilon = f32x4.splat(float(args, 10));
  for (let entry: usize = int(args, 0), n = int(args, 1); n > 0; n--, entry += ENTRY) {
    const start = load<i32>(entry, 20);
    const vectors = (load<i32>(entry, 16) + 3) >> 2;
    const from = max(0, first - start);
    const end: usize = min(vectors, last - start) << 4;
    const w: usize = load<i32>(entry),
      g: usize = load<i32>(entry, 4);
    const m: usize = load<i32>(entry, 8),
      v: usize = load<i32>(entry, 12);
    if (last <= start || from >= vectors) continue;
    for (let i: usize = from << 4; i < end; i += 16) {
      const gradient = v128.load(g + i);
      const mean = fma(gradient, rest1, f32x4.mul(v128.load(m + i), beta1));
      const square = fma(f32x4.mul(gradient, gradient), rest2, f32x4.mul(v128.load(v + i), beta2));
      v128.store(m + i, mean);
      v128.store(v + i, square);
      const divisor = f32x4.add(f32x4.sqrt(f32x4.mul(square, correct2)), epsilon);
      v128.store(w + i, fma(rate, f32x4.div(f32x4.mul(mean, correct1), divisor), v128.load(w + i)));
    }
  }
}

/**
 * SGD as in Keras: w −= w · decay; velocity = momentum · velocity − rate · g; w += velocity, or with Nesterov's momentum
 * w += momentum · velocity − rate · g. Arguments: entries (the second accumulator unused), entries' number, vectors in
 * all, rate, momentum, rate · weight decay, whether Nesterov's, whether there is a velocity.
 */
export function sgd(args: usize, part: i32, parts: i32): void {
  const first = shareStart(int(args, 2), 1, part, parts);
  const last = shareStart(int(args, 2), 1, part + 1, parts);
  const rate = f32x4.splat(float(args, 3));
  const momentum = f32x4.splat(float(args, 4));
  const kept = f32x4.splat(1 - float(args, 5));
  const nesterov = int(args, 6) != 0;
  const hasVelocity = int(args, 7) != 0;
  for (let entry: usize = int(args, 0), n = int(args, 1); n > 0; n--, entry += ENTRY) {
    const start = load<i32>(entry, 20);
    const vectors = (load<i32>(entry, 16) + 3) >> 2;
    const from = max(0, first - start);
    const end: usize = min(vectors, last - start) << 4;
    const w: usize = load<i32>(entry),
      g: usize = load<i32>(entry, 4),
      v: usize = load<i32>(entry, 8);
    if (last <= start || from >= vectors) continue;
    for (let i: usize = from << 4; i < end; i += 16) {
      const decayed = f32x4.mul(v128.load(w + i), kept);
      const change = f32x4.mul(rate, v128.load(g + i));
      if (!hasVelocity) {
        v128.store(w + i, f32x4.sub(decayed, change));
        continue;
      }
      const velocity = f32x4.sub(f32x4.mul(momentum, v128.load(v + i)), change);
      v128.store(v + i, velocity);
      const update = nesterov ? f32x4.sub(f32x4.mul(momentum, velocity), change) : velocity;
      v128.store(w + i, f32x4.add(decayed, update));
    }
  }
}
