import { onTestFinished } from 'vitest';
import type { DecoderOptions, DecoderPool } from '../../src/image/workers/decoder-pool.ts';
import { PLAIN } from './fixtures.ts';

/** The module with the pool as `npm run build` makes it: its processes run the built code. */
export const DECODER_POOL = new URL('../../dist/image/workers/decoder-pool.js', import.meta.url).href;
const { startDecoders } = (await import(
  DECODER_POOL
)) as typeof import('../../src/image/workers/decoder-pool.ts');

/** Starts decoders that end with the test: by default one, with the settings `PLAIN`. */
export function useDecoders(options: Partial<DecoderOptions> = {}): DecoderPool {
  const decoders = startDecoders({ count: 1, settings: PLAIN, ...options });
  onTestFinished(() => decoders.close());
  return decoders;
}
