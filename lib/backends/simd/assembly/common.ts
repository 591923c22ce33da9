// What all kernels share. A kernel is an exported function (args, part, parts): `args` points at 32-bit numbers that
// the caller wrote, and the call does one of `parts` shares of the work. Which thread does which share never changes a
// result, because shares are cut by number alone.

/** The i-th argument as an integer or a pointer. */
@inline
export function int(args: usize, i: i32): i32 {
  return load<i32>(args + (i << 2));
}

/** The i-th argument as a float. */
@inline
export function float(args: usize, i: i32): f32 {
  return load<f32>(args + (i << 2));
}

/** Where share `part` of `total` things starts; shares differ by at most one `step`. */
@inline
export function shareStart(total: i32, step: i32, part: i32, parts: i32): i32 {
  const steps = (total + step - 1) / step;
  return min<i32>(total, <i32>((<i64>steps * part) / parts) * step);
}

/** a · b + c, rounded once where the engine has relaxed SIMD. */
@inline
export function fma(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** c − a · b. */
@inline
export function fnma(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_nmadd(a, b, c);
  return f32x4.sub(c, f32x4.mul(a, b));
}

@inline
export function zero(): v128 {
  return f32x4.splat(0);
}

/** max(0, x) as TensorFlow.js's cpu backend has it: NaN stays NaN. */
@inline
export function relu(x: v128): v128 {
  return f32x4.max(x, zero());
}

/** What relu's gradient multiplies with: 1 where the output is positive, NaN where it is NaN, else 0. */
@inline
export function step(output: v128): v128 {
  const positive = v128.and(f32x4.gt(output, zero()), f32x4.splat(1));
  return v128.or(positive, f32x4.ne(output, output)); // a mask of ones is a NaN
}

/** Fills `bytes` (a multiple of 4) with zeros. */
@inline
export function clear(target: usize, bytes: usize): void {
  memory.fill(target, 0, bytes);
}

/** Stores the first `lanes` floats of a vector. */
@inline
export function storeLanes(target: usize, value: v128, lanes: i32): void {
  if (lanes >= 4) {
    v128.store(target, value);
    return;
  }
  v128.store32_lane(target, value, 0);
  if (lanes > 1) v128.store32_lane(target, value, 1, 4);
  if (lanes > 2) v128.store32_lane(target, value, 2, 8);
}

/** Whether any of `count` flags is raised. A job with a condition does nothing when none is. */
@inline
export function isRaised(flags: usize, count: i32): bool {
  for (; count > 0; count--, flags += 4) if (load<i32>(flags)) return true;
  return false;
}

/** Raises a share's flag when something not finite went into `check`, and takes it back otherwise. */
@inline
export function setFlag(flags: usize, part: i32, check: v128): void {
  store<i32>(flags + (part << 2), v128.any_true(f32x4.ne(check, check)) ? 1 : 0);
}
