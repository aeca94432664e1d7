import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { WebScript } from './answers.ts';

/** The web of the URLs in fixtures/index.parquet. */
export const FIXTURE_WEB = fileURLToPath(new URL('../../../fixtures/web.json', import.meta.url));

export async function readScript(path: string): Promise<WebScript> {
  return JSON.parse(await readFile(path, 'utf8'));
}
