// Maximum and average pooling and their gradients over [batch, height, width, channels]. NaN, borders and ties are as on
// TensorFlow.js's cpu backend: the first of equal maxima counts, NaN is never a maximum, an average counts only what is
// inside, its gradient divides by the whole window.
import { clear, fma, int, shareStart, storeLanes, zero } from './common';

/**
 * Arguments of all: input (or dx), output (or dy), batch, height, width, channels, window height, width, stride down,
 * across, pad top, left, out height, out width, maximum, x (for the maximum's gradient).
 */
export function pool(args: usize, part: i32, parts: i32): void {
  const height = int(args, 3),
    width = int(args, 4),
    channels = int(args, 5);
  const windowHeight = int(args, 6),
    windowWidth = int(args, 7);
  const strideDown = int(args, 8),
    strideAcross = int(args, 9);
  const outHeight = int(args, 12),
    outWidth = int(args, 13);
  const maximum = int(args, 14) != 0;
  const pixelBytes = channels << 2;
  const last = shareStart(int(args, 2) * outHeight, 1, part + 1, parts);
  for (let row = shareStart(int(args, 2) * outHeight, 1, part, parts); row < last; row++) {
    const image: usize = int(args, 0) + (row / outHeight) * height * width * pixelBytes;
    const top = (row % outHeight) * strideDown - int(args, 10);
    const firstY = max(0, top),
      lastY = min(height, top + windowHeight);
    for (let outX = 0; outX < outWidth; outX++) {
      const left = outX * strideAcross - int(args, 11);
      const firstX = max(0, left),
        lastX = min(width, left + windowWidth);
      const target: usize = int(args, 1) + (row * outWidth + outX) * pixelBytes;
      const share = f32x4.splat(1 / <f32>((lastY - firstY) * (lastX - firstX)));
      for (let c = 0; c < channels; c += 4) {
        let value = maximum ? f32x4.splat(-Infinity) : zero();
        for (let y = firstY; y < lastY; y++) {
          let from = image + (y * width + firstX) * pixelBytes + c * 4;
          for (let x = firstX; x < lastX; x++, from += pixelBytes) {
            const pixel = v128.load(from);
            value = maximum ? f32x4.pmax(value, pixel) : f32x4.add(value, pixel);
          }
        }
        storeLanes(target + c * 4, maximum ? value : f32x4.mul(value, share), channels - c);
      }
    }
  }
}

/** dx of whole images; windows may overlap. */
export function poolGradient(args: usize, part: i32, parts: i32): void {
  const height = int(args, 3),
    width = int(args, 4),
    channels = int(args, 5);
  const windowHeight = int(args, 6),
    windowWidth = int(args, 7);
  const strideDown = int(args, 8),
    strideAcross = int(args, 9);
  const outHeight = int(args, 12),
    outWidth = int(args, 13);
  const maximum = int(args, 14) != 0;
  const pixelBytes = channels << 2;
  const imageBytes = height * width * pixelBytes;
  const share = f32x4.splat(1 / <f32>(windowHeight * windowWidth));
  const last = shareStart(int(args, 2), 1, part + 1, parts);
  for (let n = shareStart(int(args, 2), 1, part, parts); n < last; n++) {
    const dx: usize = int(args, 0) + n * imageBytes;
    const images: usize = int(args, 15) + n * imageBytes;
    clear(dx, imageBytes);
    for (let outY = 0; outY < outHeight; outY++) {
      const top = outY * strideDown - int(args, 10);
      const firstY = max(0, top),
        lastY = min(height, top + windowHeight);
      for (let outX = 0; outX < outWidth; outX++) {
        const left = outX * strideAcross - int(args, 11);
        const firstX = max(0, left),
          lastX = min(width, left + windowWidth);
        const dy: usize = int(args, 1) + ((n * outHeight + outY) * outWidth + outX) * pixelBytes;
        for (let c = 0; c < channels; c += 4) {
          const gradient = v128.load(dy + c * 4);
          if (!maximum) {
            for (let y = firstY; y < lastY; y++) {
              let to = dx + (y * width + firstX) * pixelBytes + c * 4;
              for (let x = firstX; x < lastX; x++, to += pixelBytes) {
                storeLanes(to, fma(gradient, share, v128.load(to)), channels - c);
              }
            }
            continue;
          }
          let best = f32x4.splat(-Infinity);
          let position = i32x4.splat(-1); // of the tap; none is a maximum where all are NaN or −∞
          for (let y = firstY; y < lastY; y++) {
            let from = images + (y * width + firstX) * pixelBytes + c * 4;
            for (let x = firstX; x < lastX; x++, from += pixelBytes) {
              const pixel = v128.load(from);
              const larger = f32x4.gt(pixel, best);
              best = v128.bitselect(pixel, best, larger);
              position = v128.bitselect(i32x4.splat((y - top) * windowWidth + x - left), position, larger);
            }
          }
          for (let y = firstY; y < lastY; y++) {
            let to = dx + (y * width + firstX) * pixelBytes + c * 4;
            for (let x = firstX; x < lastX; x++, to += pixelBytes) {
              const mask = i32x4.eq(position, i32x4.splat((y - top) * windowWidth + x - left));
              storeLanes(to, f32x4.add(v128.load(to), v128.and(gradient, mask)), channels - c);
            }
          }
        }
      }
    }
  }
}
