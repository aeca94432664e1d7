import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type AtEnd, useTempFolder } from '../temp-folder.ts';
import type { WebScript } from './answers.ts';
import type { Box, BoxOptions } from './box.ts';
import { useBox } from './use-box.ts';

export interface Web {
  readonly box: Box;
  /** An empty folder of the test's own. */
  readonly folder: string;
  /** A folder for the dataset, not yet there. */
  readonly output: string;
  /** The flags that let laion-fetch into the box. */
  readonly reach: readonly string[];
  /** Writes an index of CSV with the columns url and caption; returns its path. */
  writeIndex(rows: readonly (readonly [url: string, caption: string])[], name?: string): Promise<string>;
}

/** A box, a folder, and what a command line needs to bring the two together. */
export async function useWeb(
  script: WebScript,
  atEnd: AtEnd = onTestFinished,
  options: BoxOptions = {},
): Promise<Web> {
  const box = await useBox(script, options, atEnd);
  const folder = await useTempFolder(atEnd);
  return {
    box,
    folder,
    output: join(folder, 'out'),
    reach: ['--resolver', box.dns, '--allow-private', '127.0.0.0/8', '--insecure-tls'],
    writeIndex: async (rows, name = 'index.csv') => {
      const path = join(folder, name);
      const lines = rows.map((row) => row.map((field) => `"${field.replaceAll('"', '""')}"`).join(','));
      await writeFile(path, ['url,caption', ...lines, ''].join('\n'));
      return path;
    },
  };
}
