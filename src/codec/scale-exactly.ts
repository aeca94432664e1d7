import type { Kernel } from './kernel-module.ts';
import type { Axes } from './resample/axes.ts';
import { place } from './scale-plane.ts';

/** Pixels in rows without gaps; a sample for each channel, of 8 or 16 bits. */
export interface Pixels<Samples extends Uint8Array | Uint16Array = Uint8Array> {
  readonly samples: Samples;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
}

/** Bytes of rows that are in the kernel at a time, unless a single row needs more. */
const CHUNK_BYTES = 2 ** 20;

/**
 * Scales pixels in floating point and rounds each sample once. Padding becomes white.
 *
 * @param into receives the result
 */
export function scaleExactly(
  kernel: Kernel,
  { samples, width, channels }: Pixels<Uint8Array | Uint16Array>,
  { across, down, size }: Axes,
  into: Uint8Array | Uint16Array,
): void {
  kernel.reset();
  const isDeep = samples instanceof Uint16Array;
  const [deep, white] = isDeep ? [1, 65_535] : [0, 255];
  const line = width * channels;
  const lineOut = size.width * channels;
  const chunk = Math.max(1, Math.floor(CHUNK_BYTES / (line * samples.BYTES_PER_ELEMENT)));
  const [columns, rows] = [across.floats(), down.floats()];
  const sums = kernel.allocate(line * 4);
  const to = kernel.allocate(lineOut * samples.BYTES_PER_ELEMENT);
  const starts = place(kernel, columns.starts);
  const counts = place(kernel, columns.counts);
  const weights = place(kernel, columns.weights);
  const bottom = kernel.allocate(0);
  for (let y = 0; y < size.height; y++) {
    const count = rows.counts[y] ?? 0;
    if (count === 0) {
      into.fill(white, y * lineOut, (y + 1) * lineOut);
      continue;
    }
    new Float32Array(kernel.memory.buffer, sums, line).fill(0);
    for (let row = 0; row < count; row += chunk) {
      const end = Math.min(row + chunk, count);
      const first = rows.starts[y] ?? 0;
      const at = place(kernel, samples.subarray((first + row) * line, (first + end) * line));
      const rowWeights = place(kernel, rows.weights.subarray(y * rows.room + row, y * rows.room + end));
      kernel.addRows(sums, at, line, end - row, rowWeights, deep);
      kernel.release(bottom);
    }
    kernel.mixColumns(sums, starts, counts, weights, columns.room, size.width, channels, white, to, deep);
    const { buffer } = kernel.memory;
    into.set(
      isDeep ? new Uint16Array(buffer, to, lineOut) : new Uint8Array(buffer, to, lineOut),
      y * lineOut,
    );
  }
}
