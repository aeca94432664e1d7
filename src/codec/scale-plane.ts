import type { Kernel } from './kernel-module.ts';
import type { Weights } from './resample/weights.ts';

/** Bytes of a scaled sample: its distance from 128, with two fractional bits. */
export const SCALED_BYTES = 2;

/** Weights in the kernel's memory. */
export interface PlacedWeights {
  readonly starts: number;
  readonly weights: number;
  readonly taps: number;
}

/** What is the same for all rows of a plane. */
export interface RowScaling {
  readonly component: number;
  readonly columns: PlacedWeights;
  /** Columns of the source that are needed: the first, a multiple of 8, and the one after the last. */
  readonly needed: readonly [from: number, until: number];
  /** Samples of a row of the result. */
  readonly width: number;
  /** Value where the weights add up to 0, in the source and in the result. */
  readonly ground: number;
  readonly background: number;
}

export function placeWeights(kernel: Kernel, { starts, weights, taps }: Weights): PlacedWeights {
  return { starts: place(kernel, starts), weights: place(kernel, weights), taps };
}

/** Copies bytes into the kernel's memory. */
export function place(
  kernel: Kernel,
  { buffer, byteOffset, byteLength }: Int16Array | Int32Array | Float32Array | Uint8Array | Uint16Array,
): number {
  const at = kernel.allocate(byteLength);
  new Uint8Array(kernel.memory.buffer, at, byteLength).set(new Uint8Array(buffer, byteOffset, byteLength));
  return at;
}

export function neededColumns({ starts, taps }: Weights, count: number): RowScaling['needed'] {
  let [from, until] = [Number.POSITIVE_INFINITY, 0];
  for (let column = 0; column < count; column++) {
    const start = starts[column] ?? 0;
    from = Math.min(from, start & ~7);
    until = Math.max(until, start + taps);
  }
  return [from, until];
}

/**
 * Scales rows of a component's plane.
 *
 * @param to offset of the first row of the result
 * @param stride samples from one row of the result to the next; a row is written in groups of four
 */
export function scaleRows(
  kernel: Kernel,
  { component, columns, needed: [from, until], width, ground, background }: RowScaling,
  rows: PlacedWeights,
  height: number,
  to: number,
  stride: number,
): void {
  kernel.resample(
    kernel.planeOf(component),
    kernel.strideOf(component),
    kernel.allocate(until * 2),
    from,
    until,
    rows.starts,
    rows.weights,
    rows.taps,
    height,
    columns.starts,
    columns.weights,
    columns.taps,
    width,
    to,
    stride,
    ground,
    background,
  );
}
