import { type Interpolation, RADIUS, type Sampler, sampler } from './kernels.ts';
import { average, halve, type Line, newLine } from './lines.ts';

/** How the pixels along one direction of an image become those of the result. */
export interface Axis {
  /** Pixels of the source. */
  readonly pixels: number;
  /** How often the source was halved in decoding: its samples are means of 2, 4 ... pixels. */
  readonly halvings: number;
  /** Pixels of the source for one pixel of the scaled image. */
  readonly step: number;
  /** Pixels of the scaled image. */
  readonly scaled: number;
  /** Position of the result's first pixel in the scaled image: above 0 if cropped, below 0 if padded. */
  readonly origin: number;
  /** Pixels of the result. */
  readonly length: number;
  /** Whether the result begins at the last pixel of the source. */
  readonly reversed: boolean;
  readonly interpolation: Interpolation;
}

/** The source samples of each sample of the result along one direction, and their weights. */
export interface Weights {
  /** First source sample for each sample of the result, and for up to three more. */
  readonly starts: Int32Array;
  /** `taps` weights for each, with 14 fractional bits. They add up to 1 or a gain, or to less if the result is padding. */
  readonly weights: Int16Array;
  readonly taps: number;
}

/** `counts` weights, from sample `starts` on, for each sample of the result; none if it is padding. */
export interface FloatWeights {
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  /** `room` for each sample of the result. */
  readonly weights: Float32Array;
  readonly room: number;
}

const ONE = 1 << 14;

/** Samples that a line gains at most when two lines are averaged and halved. */
const SPREAD = 6;

/** Exact weights of luma, or of any channel, along one direction. The rounded weights of luma and of chroma are computed from them. */
export class ExactWeights {
  readonly #axis: Axis;
  /** Maximum pixels that contribute to a sample of the result. */
  readonly #width: number;
  readonly #starts: Int32Array;
  readonly #counts: Int32Array;
  /** A line of `#width` for each sample of the result. */
  readonly #weights: Float64Array;

  constructor(axis: Axis) {
    const { length, step, interpolation } = axis;
    this.#axis = axis;
    this.#width = mostPixels(axis);
    this.#starts = new Int32Array(length);
    this.#counts = new Int32Array(length);
    this.#weights = new Float64Array(length * this.#width);
    const isWeighed = interpolation !== 'nearest' && interpolation !== 'area' && step !== 1;
    const kernelAt = isWeighed ? sampler(interpolation, step) : null;
    const reach = isWeighed ? RADIUS[interpolation] * Math.max(1, step) : 0;
    for (let index = 0; index < length; index++) this.#weigh(index, kernelAt, reach);
  }

  /**
   * Weights of luma. The number of taps is a multiple of `multiple`.
   *
   * @param gain what they add up to, less than 2
   */
  luma(multiple: number, gain = 1): Weights {
    const { length, pixels } = this.#axis;
    const lines = new RoundedLines(length, this.#width + SPREAD);
    const reduced = this.#reducer();
    for (let index = 0; index < length; index++) lines.add(reduced(this.line(index), pixels), gain);
    return lines.pack(multiple);
  }

  /**
   * Weights of chroma for a result with one sample per two pixels.
   *
   * @param isHalf whether the source has one sample per two pixels, too
   */
  chroma(isHalf: boolean, multiple: number, gain = 1): Weights {
    const { length, pixels } = this.#axis;
    const lines = new RoundedLines(Math.ceil(length / 2), this.#width + SPREAD);
    const both = newLine(this.#width + SPREAD);
    const halves = newLine(this.#width + SPREAD);
    const reduced = this.#reducer();
    const samples = Math.ceil(pixels / 2);
    for (let index = 0; index < length; index += 2) {
      average(this.line(index), this.line(Math.min(index + 1, length - 1)), both);
      if (isHalf) halve(both, samples - 1, 'chroma', halves);
      lines.add(isHalf ? reduced(halves, samples) : reduced(both, pixels), gain);
    }
    return lines.pack(multiple);
  }

  /** Turns weights of a source's samples into weights of the samples that are left after the halvings. */
  #reducer(): (line: Line, samples: number) => Line {
    const steps = Array.from({ length: this.#axis.halvings }, () => newLine(this.#width + SPREAD));
    return (line, samples) =>
      steps.reduce((from, into, index) => {
        halve(from, Math.ceil(samples / 2 ** (index + 1)) - 1, 'means', into);
        return into;
      }, line);
  }

  /** The weights in single precision. */
  floats(): FloatWeights {
    const weights = Float32Array.from(this.#weights);
    return { starts: this.#starts, counts: this.#counts, weights, room: this.#width };
  }

  /** The exact weights of one sample of the result; none where it is padding. */
  line(index: number): Line {
    return {
      start: this.#starts[index] ?? 0,
      count: this.#counts[index] ?? 0,
      weights: this.#weights,
      at: index * this.#width,
    };
  }

  /** Stores the weights of one pixel of the result. */
  #weigh(index: number, kernelAt: Sampler | null, reach: number): void {
    const { pixels, step, scaled, origin, reversed, interpolation } = this.#axis;
    const place = index + origin;
    if (place < 0 || place >= scaled) {
      this.#starts[index] = place < 0 ? 0 : pixels - 1;
      return;
    }
    if (kernelAt !== null) {
      const centre = ((reversed ? scaled - 1 - place : place) + 0.5) * step - 0.5;
      this.#weighAround(index, centre, kernelAt, reach);
    } else if (interpolation === 'area' && step !== 1) {
      this.#weighArea(index, reversed ? scaled - 1 - place : place);
    } else {
      const pixel = Math.min(Math.floor(place * step), pixels - 1);
      this.#starts[index] = reversed ? pixels - 1 - pixel : pixel;
      this.#counts[index] = 1;
      this.#weights[index * this.#width] = 1;
    }
  }

  /** The share that each pixel of the source has in a pixel of the result. */
  #weighArea(index: number, place: number): void {
    const { pixels, step } = this.#axis;
    const [from, to] = [place * step, (place + 1) * step];
    const start = Math.min(Math.floor(from), pixels - 1);
    const end = Math.max(Math.min(Math.ceil(to), pixels), start + 1);
    const base = index * this.#width - start;
    const covered = Math.min(to, end) - from;
    for (let pixel = start; pixel < end; pixel++)
      this.#weights[base + pixel] = (Math.min(pixel + 1, to) - Math.max(pixel, from)) / covered;
    this.#starts[index] = start;
    this.#counts[index] = end - start;
  }

  /** The kernel around `centre`. Weights beyond the edges go to the first and last pixel. */
  #weighAround(index: number, centre: number, kernelAt: Sampler, reach: number): void {
    const { pixels } = this.#axis;
    const [weights, base] = [this.#weights, index * this.#width];
    const first = Math.ceil(centre - reach);
    const last = Math.floor(centre + reach);
    const start = Math.min(Math.max(first, 0), pixels - 1);
    const count = Math.max(Math.min(last, pixels - 1), start) - start + 1;
    const values = kernelAt(first - centre, last - first + 1);
    let sum = 0;
    for (let tap = 0; tap <= last - first; tap++) {
      const to = base + Math.min(Math.max(first + tap - start, 0), count - 1);
      const weight = values[tap] ?? 0;
      weights[to] = (weights[to] ?? 0) + weight;
      sum += weight;
    }
    for (let to = base; to < base + count; to++) weights[to] = (weights[to] ?? 0) / sum;
    this.#starts[index] = start;
    this.#counts[index] = count;
  }
}

/** Pixels of the source that contribute to one of the result at most, and room for its neighbour's. */
function mostPixels({ step, interpolation }: Axis): number {
  if (step === 1 || interpolation === 'nearest') return 1 + Math.ceil(step);
  const one = interpolation === 'area' ? step : 2 * RADIUS[interpolation] * Math.max(1, step);
  return Math.ceil(one) + 2 + Math.ceil(step);
}

/** A weight as a multiple of 1 / `ONE`, halves rounded up. Weights must be above -2. */
const round = (weight: number): number => ((weight * ONE + 2 * ONE + 0.5) | 0) - 2 * ONE;

/** Lines of rounded weights, without the zeros at their ends. */
class RoundedLines {
  readonly #starts: Int32Array;
  readonly #counts: Int32Array;
  readonly #values: Int16Array;
  readonly #room: number;
  #lines = 0;
  #widest = 0;

  /** `room` is the maximum number of weights in a line. */
  constructor(lines: number, room: number) {
    // Up to three more lines, all zero.
    const filled = Math.ceil(lines / 4) * 4;
    this.#starts = new Int32Array(filled);
    this.#counts = new Int32Array(filled);
    this.#values = new Int16Array(filled * room);
    this.#room = room;
  }

  /** Rounds a line of weights, times `gain`, and adds the rounding error to the largest weight. */
  add({ start, count, weights, at }: Line, gain: number): void {
    const line = this.#lines++;
    const [values, base] = [this.#values, line * this.#room];
    let [exact, sum, largest, most] = [0, 0, 0, 0];
    for (let place = 0; place < count; place++) {
      const weight = (weights[at + place] ?? 0) * gain;
      const value = round(weight);
      values[base + place] = value;
      exact += weight;
      sum += value;
      if (weight > most) [largest, most] = [place, weight];
    }
    if (count > 0) values[base + largest] = (values[base + largest] ?? 0) + round(exact) - sum;
    let [first, end] = [0, count];
    while (end > 1 && values[base + end - 1] === 0) end--;
    while (first < end - 1 && values[base + first] === 0) first++;
    if (first > 0) values.copyWithin(base, base + first, base + end);
    this.#starts[line] = start + first;
    this.#counts[line] = end - first;
    this.#widest = Math.max(this.#widest, end - first);
  }

  /** The number of taps is a multiple of `multiple`; instead of 8, 4 taps are used where they are enough. */
  pack(multiple: number): Weights {
    const taps =
      multiple === 8 && this.#widest <= 4 ? 4 : Math.max(1, Math.ceil(this.#widest / multiple)) * multiple;
    const weights = new Int16Array(this.#starts.length * taps);
    for (let line = 0; line < this.#lines; line++) {
      const [from, to, count] = [line * this.#room, line * taps, this.#counts[line] ?? 0];
      for (let tap = 0; tap < count; tap++) weights[to + tap] = this.#values[from + tap] ?? 0;
    }
    return { starts: this.#starts, weights, taps };
  }
}
