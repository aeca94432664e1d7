import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Options, resolveOptions } from '../../../src/config/resolve.ts';
import { openIndex } from '../../../src/inputs/open.ts';
import { findSources } from '../../../src/inputs/sources.ts';
import { countBeside, countSelectedRows } from '../../../src/run/download/count-rows.ts';
import type { RunEvent } from '../../../src/run/engine/events.ts';
import { openIndexFiles } from '../../../src/run/index/open-index.ts';
import { selectRows } from '../../../src/run/index/select-rows.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

/** The totals that a watcher is told beside a run, and the rows that the run reads. */
async function totals(path: string, some: Partial<Options>) {
  const options = { ...resolveOptions([]).options, ...some };
  const sources = await findSources([path], {});
  const index = await openIndexFiles(sources, options, () => {});
  const events: RunEvent[] = [];
  const known = countSelectedRows(index, options);
  await countBeside({
    index,
    options,
    emit: (event) => events.push(event),
    signal: new AbortController().signal,
  });
  let rows = 0;
  for (const [file, source] of sources.entries()) {
    const opened = await openIndex(source, {});
    const { signal } = new AbortController();
    for await (const batch of selectRows(opened, {
      from: 0,
      columns: [],
      file,
      selection: options,
      signal,
    })) {
      rows += batch.length;
    }
    await opened.close();
  }
  return {
    known,
    told: events.map((event) => (event.type === 'total' ? [event.kind, event.rows] : event)),
    rows,
  };
}

async function writeTable(rows: number): Promise<string> {
  const path = join(await useTempFolder(), 'a.csv');
  const lines = Array.from({ length: rows }, (_, i) => `http://a.example/${i},caption\n`);
  await writeFile(path, `url,caption\n${lines.join('')}`);
  return path;
}

test('a text is estimated by its lines and then counted', async () => {
  const { known, told, rows } = await totals(await writeTable(5000), {});
  expect({ known, told, rows }).toEqual({
    known: null,
    told: [
      ['about', 5001],
      ['exact', 5000],
    ],
    rows: 5000,
  });
});

test('--sample and --limit count as the run does', async () => {
  const path = await writeTable(5000);
  const { told, rows } = await totals(path, { sample: 0.3, seed: 7 });
  expect(told).toEqual([
    ['about', 1500],
    ['exact', rows],
  ]);
  expect((await totals(path, { limit: 10 })).told).toEqual([
    ['about', 10],
    ['exact', 10],
  ]);
  const dropped = await totals(path, { dedupe: 'url', duplicates: 'drop' });
  expect(dropped.told.at(-1)).toEqual(['about', 5000]);
});
