import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type AtEnd, useTempFolder } from '../temp-folder.ts';
import type { WebScript } from './answers.ts';
import type { Box, BoxOptions } from './box.ts';
import { useBox } from './use-box.ts';

export interface Web {
  readonly box: Box;
  /** An empty folder for this test only. */
  readonly folder: string;
  /** A folder for the dataset; it does not exist yet. */
  readonly output: string;
  /** Flags that let laion-fetch reach the box. */
  readonly reach: readonly string[];
  /** Writes a CSV index with the columns url and caption; returns its path. */
  writeIndex(rows: readonly (readonly [url: string, caption: string])[], name?: string): Promise<string>;
}

/** A box, a folder, and the flags that a command line needs for both. */
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
