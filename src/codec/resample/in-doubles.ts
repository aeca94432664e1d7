import type { ExactWeights } from './weights.ts';

/** Pixels in rows without gaps; a sample for each channel, of 8 or 16 bits. */
export interface Pixels<Samples extends Uint8Array | Uint16Array = Uint8Array> {
  readonly samples: Samples;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
}

/**
 * Scales pixels in double precision: for samples of 16 bits, and for what the kernel has no memory for. Padding becomes
 * white.
 *
 * @param into as many samples as the result has
 */
export function scaleInDoubles(
  { samples, width, channels }: Pixels<Uint8Array | Uint16Array>,
  across: ExactWeights,
  down: ExactWeights,
  into: Pixels<Uint8Array | Uint16Array>,
): void {
  const white = samples instanceof Uint16Array ? 65_535 : 255;
  const lineSamples = width * channels;
  const mixed = new Float64Array(lineSamples);
  let to = 0;
  for (let y = 0; y < into.height; y++) {
    const rows = down.line(y);
    mixed.fill(0);
    for (let row = 0; row < rows.count; row++) {
      const weight = rows.weights[rows.at + row] ?? 0;
      const from = (rows.start + row) * lineSamples;
      for (let at = 0; at < lineSamples; at++)
        mixed[at] = (mixed[at] ?? 0) + weight * (samples[from + at] ?? 0);
    }
    for (let x = 0; x < into.width; x++) {
      const { start, count, weights, at } = across.line(x);
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        for (let column = 0; column < count; column++)
          sum += (weights[at + column] ?? 0) * (mixed[(start + column) * channels + channel] ?? 0);
        const value = rows.count === 0 || count === 0 ? white : Math.round(sum);
        into.samples[to++] = Math.min(Math.max(value, 0), white);
      }
    }
  }
}
