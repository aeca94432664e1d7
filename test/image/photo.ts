import sharp, { type Sharp } from 'sharp';

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** An image with the spectrum of a photograph: cloudy colours, each octave of detail weaker than the one before. */
export async function photo(width: number, height: number, seed: number): Promise<Sharp> {
  const next = random(seed);
  const sum = new Float32Array(width * height * 3).fill(127);
  for (let cells = 3, weight = 0.5; cells < Math.max(width, height) / 2; cells *= 2, weight /= 1.5) {
    const across = Math.max(2, Math.round((cells * width) / Math.max(width, height)));
    const down = Math.max(2, Math.round((cells * height) / Math.max(width, height)));
    const grid = Buffer.from(Array.from({ length: across * down * 3 }, () => next() * 256));
    const octave = await sharp(grid, { raw: { width: across, height: down, channels: 3 } })
      .resize(width, height, { fit: 'fill', kernel: 'cubic' })
      .raw()
      .toBuffer();
    for (let index = 0; index < sum.length; index++) {
      sum[index] = (sum[index] ?? 0) + ((octave[index] ?? 0) - 127) * weight;
    }
  }
  const pixels = Buffer.from(Uint8ClampedArray.from(sum).buffer);
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}
