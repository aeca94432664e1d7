import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Registers a clean-up: `onTestFinished` for one test, `afterAll` for what several tests share. */
export type AtEnd = (cleanUp: () => Promise<void>) => void;

/** Makes an empty folder that is removed when the running test ends. */
export async function useTempFolder(atEnd: AtEnd = onTestFinished): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'laion-fetch-test-'));
  atEnd(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
