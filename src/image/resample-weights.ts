export type ResampleKernel = 'linear' | 'cubic' | 'lanczos3';

/** How the pixels along one direction of a picture become those of another. */
export interface Axis {
  /** Pixels of the source; the last may stand for fewer than a step. */
  readonly pixels: number;
  /** Pixels of the source to one of the scaled picture. */
  readonly step: number;
  /** Pixels of the scaled picture. */
  readonly scaled: number;
  /** The result's first pixel among those of the scaled picture: above 0 where it is cropped, below 0 where it is padded. */
  readonly origin: number;
  /** Pixels of the result. */
  readonly length: number;
  readonly kernel: ResampleKernel;
}

/** Which samples of a line make each sample of another, and with what weights. */
export interface Weights {
  /** First sample for each sample of the result, and for up to three more. */
  readonly starts: Int32Array;
  /** `taps` weights for each, of 14 binary places. They sum up to 1, or to less where the result is padding. */
  readonly weights: Int16Array;
  readonly taps: number;
}

const ONE = 1 << 14;

/** Values by distance, in pixels of the coarser side. */
const KERNELS = {
  linear: { radius: 1, at: (x: number) => (x < 1 ? 1 - x : 0) },
  /** Catmull and Rom's. */
  cubic: {
    radius: 2,
    at: (x: number) => {
      if (x >= 2) return 0;
      return x < 1 ? (1.5 * x - 2.5) * x * x + 1 : ((2.5 - 0.5 * x) * x - 4) * x + 2;
    },
  },
  lanczos3: { radius: 3, at: (x: number) => (x < 3 ? sinc(x) * sinc(x / 3) : 0) },
} as const;

/** A line under way: the weights of `count` samples from `start`. */
interface Line {
  start: number;
  count: number;
  readonly weights: Float64Array;
}

/** Weights of luma. `multiple` is what the number of taps has to be a multiple of. */
export function lumaWeights(axis: Axis, multiple: number): Weights {
  const width = span(axis);
  const table = new Table(axis.length, width, multiple);
  const line = newLine(width);
  for (let index = 0; index < axis.length; index++) {
    weigh(axis, index, line);
    table.add(line);
  }
  return table;
}

/** How the chroma of a source relates to its pixels. */
export type ChromaSampling =
  /** A sample a pixel. */
  | 'full'
  /** A sample for two pixels, between which decoders interpolate. */
  | 'half'
  /** A sample for two pixels, which has the value of both. */
  | 'half-flat';

/** Weights of chroma for a result that has a sample for two pixels. */
export function chromaWeights(axis: Axis, sampling: ChromaSampling, multiple: number): Weights {
  const width = span(axis);
  const table = new Table(Math.ceil(axis.length / 2), width + 3, multiple);
  const [first, second] = [newLine(width), newLine(width)];
  const both = newLine(width + 2);
  const halves = newLine(width + 3);
  const last = Math.ceil(axis.pixels / 2) - 1;
  for (let index = 0; index < axis.length; index += 2) {
    weigh(axis, index, first);
    weigh(axis, Math.min(index + 1, axis.length - 1), second);
    average(first, second, both);
    if (sampling === 'full') table.add(both);
    else {
      halve(both, last, sampling === 'half', halves);
      table.add(halves);
    }
  }
  return table;
}

/** Most pixels that a line takes. */
function span({ step, kernel }: Axis): number {
  return step === 1 ? 1 : Math.ceil(2 * KERNELS[kernel].radius * Math.max(1, step)) + 1 + Math.ceil(step);
}

const newLine = (width: number): Line => ({ start: 0, count: 0, weights: new Float64Array(width) });

/** The kernel around one pixel of the result, with what lies beyond the edges on the first and last pixel. */
function weigh({ pixels, step, scaled, origin, kernel }: Axis, index: number, line: Line): void {
  const { weights } = line;
  const place = index + origin;
  if (place < 0 || place >= scaled) {
    line.start = place < 0 ? 0 : pixels - 1;
    line.count = 0;
    return;
  }
  if (step === 1) {
    line.start = place;
    line.count = 1;
    weights[0] = 1;
    return;
  }
  const { radius, at } = KERNELS[kernel];
  const stretch = Math.max(1, step);
  // libvips aligns the corners of first pixels when it enlarges, their centres else.
  const centre = step < 1 ? place * step - 0.5 : (place + 0.5) * step - 0.5;
  const first = Math.ceil(centre - radius * stretch);
  const last = Math.floor(centre + radius * stretch);
  const start = Math.min(Math.max(first, 0), pixels - 1);
  const count = Math.max(Math.min(last, pixels - 1), start) - start + 1;
  weights.fill(0, 0, count);
  let sum = 0;
  for (let pixel = first; pixel <= last; pixel++) {
    const weight = at(Math.abs(pixel - centre) / stretch);
    const to = Math.min(Math.max(pixel - start, 0), count - 1);
    weights[to] = (weights[to] ?? 0) + weight;
    sum += weight;
  }
  for (let to = 0; to < count; to++) weights[to] = (weights[to] ?? 0) / sum;
  line.start = start;
  line.count = count;
}

function average(a: Line, b: Line, into: Line): void {
  const { weights } = into;
  into.start = a.count === 0 ? b.start : b.count === 0 ? a.start : Math.min(a.start, b.start);
  into.count = Math.max(a.start + a.count, b.start + b.count) - into.start;
  weights.fill(0, 0, into.count);
  for (const { start, count, weights: values } of [a, b]) {
    for (let place = 0; place < count; place++) {
      const to = start - into.start + place;
      weights[to] = (weights[to] ?? 0) + (values[place] ?? 0) / 2;
    }
  }
}

/** Weights of pixels to weights of samples for two: three quarters for the nearer one, the rest for the next. */
function halve({ start, count, weights: values }: Line, last: number, smooth: boolean, into: Line): void {
  const { weights } = into;
  into.start = Math.max(0, (start >> 1) - 1);
  into.count = Math.min(last, ((start + count) >> 1) + 1) - into.start + 1;
  weights.fill(0, 0, into.count);
  for (let place = 0; place < count; place++) {
    const pixel = start + place;
    const near = pixel >> 1;
    const far = Math.min(Math.max(pixel % 2 === 0 ? near - 1 : near + 1, 0), last);
    const share = (values[place] ?? 0) / 4;
    weights[near - into.start] = (weights[near - into.start] ?? 0) + (smooth ? 3 * share : 4 * share);
    if (smooth) weights[far - into.start] = (weights[far - into.start] ?? 0) + share;
  }
}

class Table implements Weights {
  readonly starts: Int32Array;
  readonly weights: Int16Array;
  readonly taps: number;
  #lines = 0;

  constructor(lines: number, widest: number, multiple: number) {
    this.taps = multiple === 8 && widest <= 4 ? 4 : Math.ceil(widest / multiple) * multiple;
    const filled = Math.ceil(lines / 4) * 4;
    this.starts = new Int32Array(filled);
    this.weights = new Int16Array(filled * this.taps);
  }

  /** Rounds a line; what rounding loses goes to the largest weight. */
  add({ start, count, weights }: Line): void {
    const base = this.#lines * this.taps;
    this.starts[this.#lines++] = start;
    let [exact, sum, largest] = [0, 0, 0];
    for (let place = 0; place < count; place++) {
      const weight = weights[place] ?? 0;
      const value = Math.round(weight * ONE);
      this.weights[base + place] = value;
      exact += weight;
      sum += value;
      if (weight > (weights[largest] ?? 0)) largest = place;
    }
    if (count > 0)
      this.weights[base + largest] = (this.weights[base + largest] ?? 0) + Math.round(exact * ONE) - sum;
  }
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}
