import type { PreparedOutput } from '../prepare-output.ts';
import { lockOutput } from './lock-output.ts';
import { type SharedOutput, shareOutput } from './share-output.ts';

/**
 * The output for this run alone or, with `names`, shared with other machines under the first of them that is free.
 * `prepare` gets that name, or null.
 */
export async function holdOutput(
  output: string,
  names: readonly string[] | null,
  prepare: (sharer: string | null) => Promise<PreparedOutput>,
): Promise<SharedOutput<PreparedOutput>> {
  if (names !== null) return shareOutput(output, names, prepare);
  const leave = await lockOutput(output);
  try {
    return { prepared: await prepare(null), alone: (work) => work(), leave };
  } catch (error) {
    await leave();
    throw error;
  }
}
