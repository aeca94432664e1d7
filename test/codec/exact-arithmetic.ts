import type { Interpolation } from '../../src/codec/resample/kernels.ts';

/** Samples in rows without gaps. */
export interface Samples {
  readonly data: ArrayLike<number>;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
const cubic = (a: number, x: number): number => {
  const d = Math.abs(x);
  if (d < 1) return (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1;
  return d < 2 ? a * (d ** 3 - 5 * d ** 2 + 8 * d - 4) : 0;
};
const KERNELS = {
  linear: [1, (x: number) => Math.max(0, 1 - Math.abs(x))],
  cubic: [2, (x: number, step: number) => cubic(step < 1 ? -0.75 : -0.5, x)],
  lanczos: [4, (x: number) => (Math.abs(x) < 4 ? sinc(x) * sinc(x / 4) : 0)],
} as const;

/** The weights of one sample of the result by their definition, one for each sample of the source. */
function weightsOf(place: number, from: number, to: number, interpolation: Interpolation): Float64Array {
  const step = from / to;
  const weights = new Float64Array(from);
  if (interpolation === 'nearest') {
    weights[Math.min(Math.floor(place * step), from - 1)] = 1;
    return weights;
  }
  if (interpolation === 'area') {
    for (let pixel = 0; pixel < from; pixel++) {
      const share = Math.min(pixel + 1, (place + 1) * step) - Math.max(pixel, place * step);
      weights[pixel] = Math.max(0, share) / step;
    }
    return weights;
  }
  const [radius, at] = KERNELS[interpolation];
  const wide = Math.max(1, step);
  const centre = (place + 0.5) * step;
  let sum = 0;
  for (let pixel = Math.floor(centre - radius * wide) - 1; pixel <= centre + radius * wide + 1; pixel++) {
    const weight = at((pixel + 0.5 - centre) / wide, step);
    const inside = Math.min(Math.max(pixel, 0), from - 1);
    weights[inside] = (weights[inside] ?? 0) + weight;
    sum += weight;
  }
  return weights.map((weight) => weight / sum);
}

const entriesOf = (weights: Float64Array): [pixel: number, weight: number][] =>
  [...weights.entries()].filter(([, weight]) => weight !== 0);

/** Scales in double precision, each sample by the definition of the interpolation. Not rounded. */
export function scaleExactly(
  { data, width, height, channels }: Samples,
  size: { readonly width: number; readonly height: number },
  interpolation: Interpolation,
): Float64Array {
  const across = Array.from({ length: size.width }, (_, x) =>
    entriesOf(weightsOf(x, width, size.width, interpolation)),
  );
  const down = Array.from({ length: size.height }, (_, y) =>
    entriesOf(weightsOf(y, height, size.height, interpolation)),
  );
  const narrow = new Float64Array(size.width * height * channels);
  for (let y = 0; y < height; y++) {
    for (const [x, entries] of across.entries()) {
      for (const [pixel, weight] of entries) {
        for (let channel = 0; channel < channels; channel++) {
          const to = (y * size.width + x) * channels + channel;
          narrow[to] = (narrow[to] ?? 0) + weight * (data[(y * width + pixel) * channels + channel] ?? 0);
        }
      }
    }
  }
  const line = size.width * channels;
  const result = new Float64Array(line * size.height);
  for (const [y, entries] of down.entries()) {
    for (const [pixel, weight] of entries) {
      for (let at = 0; at < line; at++) {
        result[y * line + at] = (result[y * line + at] ?? 0) + weight * (narrow[pixel * line + at] ?? 0);
      }
    }
  }
  return result;
}
