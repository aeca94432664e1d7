import type { Kernel } from './kernel-module.ts';
import type { Axes } from './resample/axes.ts';
import type { Weights } from './resample/weights.ts';
import type { Pixels } from './scale-exactly.ts';
import {
  neededColumns,
  place,
  placeWeights,
  type RowScaling,
  SCALED_BYTES,
  scaleRows,
} from './scale-plane.ts';

/** Bytes of pixels that are in the kernel at a time, unless a single row of the result needs more. */
const BAND_BYTES = 4 * 2 ** 20;

/** A channel of the result: its weights, where its rows go, and how many rows of the image one of its rows covers. */
export interface Channel {
  readonly columns: Weights;
  readonly rows: Weights;
  readonly width: number;
  readonly height: number;
  /** 1, or 2 for chroma of half size. */
  readonly rowsEach: 1 | 2;
  readonly background: number;
}

/** Where the rows of a band go; `first` is the first row of the channel. */
type Target = (
  channel: number,
  first: number,
  count: number,
) => { readonly at: number; readonly stride: number };

/**
 * Scales pixels to luma and chroma, or with `asRgb` to red, green and blue, band by band, so that a large image needs
 * little of the kernel's memory. `target` says where rows go.
 */
export function scaleBands(
  kernel: Kernel,
  pixels: Pixels,
  channels: readonly Channel[],
  { size }: Axes,
  asRgb: boolean,
  target: Target,
): void {
  const scalings = channels.map(({ columns, width, background }, component): RowScaling => {
    const placed = placeWeights(kernel, columns);
    return {
      component,
      columns: placed,
      needed: neededColumns(columns, width),
      width,
      ground: background,
      background,
    };
  });
  const bottom = kernel.allocate(0);
  for (let first = 0; first < size.height; ) {
    const band = planBand(pixels, channels, size.height, first);
    loadBand(kernel, pixels, channels.length, band, asRgb);
    for (const [index, { rows, rowsEach, height }] of channels.entries()) {
      const scaling = scalings[index];
      if (scaling === undefined) continue;
      const [from, to] = [band.first / rowsEach, Math.min(Math.ceil(band.end / rowsEach), height)];
      const weights = placeWeights(kernel, rowsOf(rows, from, to, band.from));
      const { at, stride } = target(index, from, to - from);
      scaleRows(kernel, scaling, weights, to - from, at, stride);
    }
    kernel.release(bottom);
    first = band.end;
  }
}

/** Rows `first` to before `end` of the result, made of rows `from` to before `until` of the source. */
interface Band {
  readonly first: number;
  readonly end: number;
  readonly from: number;
  readonly until: number;
}

/** The largest band from row `first` on that fits, of an even number of rows. */
function planBand(
  { width, height, channels: bytes }: Pixels,
  channels: readonly Channel[],
  rows: number,
  first: number,
): Band {
  let band: Band | undefined;
  let [from, until] = [height, 0];
  for (let end = first; end < rows; ) {
    end = Math.min(end + 2, rows);
    for (const { rows: weights, rowsEach, height: count } of channels) {
      for (
        let row = Math.floor((end - 2) / rowsEach);
        row < Math.min(Math.ceil(end / rowsEach), count);
        row++
      ) {
        const start = weights.starts[Math.max(row, 0)] ?? 0;
        from = Math.min(from, start);
        until = Math.max(until, Math.min(start + weights.taps, height));
      }
    }
    if (band !== undefined && (until - from) * width * bytes > BAND_BYTES) break;
    band = { first, end, from, until };
  }
  return band ?? { first, end: rows, from: 0, until: height };
}

/** Spreads the band's rows over planes of the kernel. */
function loadBand(
  kernel: Kernel,
  pixels: Pixels,
  components: number,
  { from, until }: Band,
  asRgb: boolean,
): void {
  const { width, channels, samples } = pixels;
  const rows = until - from;
  kernel.setFrame(width, rows, components, 0, 0);
  for (let index = 0; index < components; index++) kernel.setComponent(index, 1, 1, 0);
  kernel.allocateFrame(0);
  const line = width * channels;
  const at = place(kernel, samples.subarray(from * line, until * line));
  kernel.loadRows(at, width, rows, channels, asRgb ? 1 : 0);
}

/** The weights of some rows, for a source that begins at its row `from`. */
function rowsOf({ starts, weights, taps }: Weights, first: number, end: number, from: number): Weights {
  return {
    starts: starts.slice(first, end).map((start) => start - from),
    weights: weights.subarray(first * taps, end * taps),
    taps,
  };
}

/** Bytes that `count` rows of scaled samples need. */
export const rowsBytes = (stride: number, count: number): number => stride * count * SCALED_BYTES;
