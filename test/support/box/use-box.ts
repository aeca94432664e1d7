import { onTestFinished } from 'vitest';
import type { WebScript } from './answers.ts';
import { type Box, type BoxOptions, startBox } from './box.ts';

/** A box that is closed when the running test ends. */
export async function useBox(script: WebScript, options?: BoxOptions): Promise<Box> {
  const box = await startBox(script, options);
  onTestFinished(() => box.close());
  return box;
}
