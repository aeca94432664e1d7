import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** An empty folder that is removed when the running test ends. */
export async function useTempFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'laion-fetch-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
