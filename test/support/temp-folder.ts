import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Registers what must run at the end: `onTestFinished` for one test, `afterAll` for what several tests share. */
export type AtEnd = (cleanUp: () => Promise<void>) => void;

/** An empty folder that is removed at the end of the running test. */
export async function useTempFolder(atEnd: AtEnd = onTestFinished): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'laion-fetch-test-'));
  atEnd(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
