import { onTestFinished } from 'vitest';
import type { AtEnd } from '../temp-folder.ts';
import type { WebScript } from './answers.ts';
import { type Box, type BoxOptions, startBox } from './box.ts';

/** Starts a box that closes when the running test ends. */
export async function useBox(
  script: WebScript,
  options?: BoxOptions,
  atEnd: AtEnd = onTestFinished,
): Promise<Box> {
  const box = await startBox(script, options);
  atEnd(() => box.close());
  return box;
}
