import type { Body } from './answers.ts';

/** Pictures of the sizes that are common in LAION's indexes. */
export const PHOTOS: readonly Body[] = [
  [334, 261],
  [261, 334],
  [500, 500],
  [640, 480],
  [170, 113],
  [800, 600],
  [225, 300],
  [1024, 683],
].map(([width = 0, height = 0], seed): Body => ({ picture: { width, height, seed } }));
