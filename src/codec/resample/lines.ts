/** Weights of `count` samples from `start` on, stored in `weights` from index `at` on. */
export interface Line {
  start: number;
  count: number;
  readonly weights: Float64Array;
  readonly at: number;
}

/** A line with room for `width` weights. */
export const newLine = (width: number): Line => ({
  start: 0,
  count: 0,
  weights: new Float64Array(width),
  at: 0,
});

/** The mean of two lines. */
export function average(a: Line, b: Line, into: Line): void {
  const { weights } = into;
  into.start = a.count === 0 ? b.start : b.count === 0 ? a.start : Math.min(a.start, b.start);
  into.count = Math.max(a.start + a.count, b.start + b.count) - into.start;
  weights.fill(0, 0, into.count);
  for (const { start, count, weights: values, at } of [a, b]) {
    for (let place = 0; place < count; place++) {
      const to = start - into.start + place;
      weights[to] = (weights[to] ?? 0) + (values[at + place] ?? 0) / 2;
    }
  }
}

/** How pixels follow from samples that cover two of them each. */
export type Halves =
  /** As decoders interpolate chroma: three quarters of the sample, and a quarter of the one next to the pixel. */
  | 'chroma'
  /** Samples are means of their pixels, which rise or fall evenly between the samples at both sides. */
  | 'means';

/** Turns weights of pixels into weights of samples that cover two pixels each. `last` is the last sample. */
export function halve(
  { start, count, weights: values, at }: Line,
  last: number,
  by: Halves,
  into: Line,
): void {
  const { weights } = into;
  const [own, next, opposite] = by === 'chroma' ? [0.75, 0.25, 0] : [1, 0.125, -0.125];
  into.start = Math.max(0, (start >> 1) - 1);
  into.count = Math.min(last, ((start + count) >> 1) + 1) - into.start + 1;
  weights.fill(0, 0, into.count);
  const add = (sample: number, weight: number) => {
    const to = Math.min(Math.max(sample, 0), last) - into.start;
    weights[to] = (weights[to] ?? 0) + weight;
  };
  for (let place = 0; place < count; place++) {
    const pixel = start + place;
    const sample = pixel >> 1;
    const side = pixel % 2 === 0 ? -1 : 1;
    const weight = values[at + place] ?? 0;
    add(sample, own * weight);
    add(sample + side, next * weight);
    if (opposite !== 0) add(sample - side, opposite * weight);
  }
}
