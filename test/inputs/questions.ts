import { expect } from 'vitest';
import { type Options, resolveOptions } from '../../src/config/resolve.ts';
import { openIndex } from '../../src/inputs/open.ts';
import { toSampleRow } from '../../src/inputs/sample-row.ts';
import { findSources } from '../../src/inputs/sources.ts';
import { openIndexFiles } from '../../src/run/index/open-index.ts';

const DEFAULTS = resolveOptions([]).options;

/** What the program asks, as the option that its message names, and how a user answers. */
export type Question = readonly [option: string, answer: Partial<Options>];

/** URL and caption of each row, as a download takes them. */
async function readIndex(path: string, set: Partial<Options>) {
  const opened = await openIndexFiles(await findSources([path]), { ...DEFAULTS, ...set }, () => {});
  const rows: { url: string | null; caption: string | null }[] = [];
  for (const { source, choice, options } of opened.files) {
    const index = await openIndex(source, options);
    const columns = [choice.url, choice.caption].filter((column) => column !== null);
    for await (const batch of index.rows({ from: 0, columns })) {
      for (const row of batch) {
        const { url, caption } = toSampleRow(row, { ...choice, extra: [] });
        rows.push({ url, caption });
      }
    }
    await index.close();
  }
  return rows;
}

/** Reads an index whose questions are answered one after the other, and returns what was asked. */
export async function answer(path: string, questions: readonly Question[]) {
  let set: Partial<Options> = {};
  for (const [option, value] of questions) {
    await expect(readIndex(path, set)).rejects.toThrow(option);
    set = { ...set, ...value };
  }
  return readIndex(path, set);
}
