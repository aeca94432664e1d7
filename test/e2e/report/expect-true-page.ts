import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'vitest';
import { readMetadata, readStats } from '../../support/command/read-dataset.ts';
import { openPage, type ShownPage } from './open-page.ts';

const MOST_BYTES = 2_000_000;

const count = (text: string | undefined): number => Number(text?.replaceAll(',', ''));

/**
 * Opens the report of a dataset in a browser and compares every figure with the statistics and the metadata, which are
 * read without the code of the report. Returns what the browser shows.
 */
export async function expectTruePage(output: string, path = join(output, 'report.html')): Promise<ShownPage> {
  const page = await openPage(path);
  expect(page.requests).toEqual([pathToFileURL(path).href]);
  expect(page.complaints).toEqual([]);
  expect(page.unnamed).toEqual([]);
  expect(page.overflow).toBeLessThanOrEqual(0);
  expect(page.backgrounds.dark).not.toBe(page.backgrounds.light);
  expect(
    page.elements.filter((name) => ['script', 'iframe', 'object', 'form', 'audio', 'video'].includes(name)),
  ).toEqual([]);
  expect(statSync(path).size).toBeLessThan(MOST_BYTES);

  const stats = readdirSync(output)
    .filter((name) => name.endsWith('_stats.json'))
    .map((name) => readStats(output, name.slice(0, -'_stats.json'.length)));
  const sum = (field: string): number => stats.reduce((all, each) => all + Number(each[field]), 0);
  expect(count(page.tiles['Images'])).toBe(sum('successes'));
  expect(count(page.tiles['Rows'])).toBe(sum('count'));
  expect(count(page.tiles['Shards'])).toBe(stats.length);

  const failures: Record<string, number> = {};
  for (const { failure_codes } of stats) {
    for (const [code, rows] of Object.entries(failure_codes as Record<string, number>)) {
      failures[code] = (failures[code] ?? 0) + rows;
    }
  }
  const outcomes = page.tables['Outcomes of all rows, by stage and cause'] ?? [];
  const causes = outcomes.flatMap(([first = '', rows]) => {
    const code = Object.keys(failures).find(
      (each) => first.startsWith(each) && first.charAt(each.length) !== '_',
    );
    return code === undefined ? [] : [[code, count(rows)] as const];
  });
  expect(Object.fromEntries(causes)).toEqual(failures);
  expect(outcomes.find(([first]) => first === 'Images')?.[1]).toBe(page.tiles['Images']);
  expect(outcomes.at(-1)?.slice(0, 2)).toEqual(['All rows', page.tiles['Rows']]);

  await compareWithMetadata(page, output, sum('successes'));
  return page;
}

async function compareWithMetadata(page: ShownPage, output: string, successes: number): Promise<void> {
  const rows = await readMetadata(output);
  const images = rows.filter((row) => row['status'] === 'success');
  expect(images.length).toBe(successes);
  const distributions = Object.entries(page.tables).filter(([caption]) => caption.startsWith('Images by '));
  expect(distributions.length).toBeGreaterThanOrEqual(5);
  for (const [caption, bins] of distributions) {
    const total = bins.reduce((all, [, images]) => all + count(images), 0);
    expect([caption, total]).toEqual([caption, successes]);
  }
  const formats = Object.fromEntries(
    (page.tables['Images by format of the download'] ?? []).map(([name = '', images]) => [
      name,
      count(images),
    ]),
  );
  for (const { mime_type: name } of images) formats[String(name)] = (formats[String(name)] ?? 0) - 1;
  expect(Object.values(formats).filter((left) => left !== 0)).toEqual([]);

  const sides = images.map((row) => Math.max(Number(row['original_width']), Number(row['original_height'])));
  for (const [label = '', shown] of page.tables['Images by longer side of the original'] ?? []) {
    const [from = 0, to = Number.POSITIVE_INFINITY] = [...label.matchAll(/[\d,]+/g)].map(([edge]) =>
      count(edge),
    );
    const [least, most] = label.startsWith('below') ? [0, from - 1] : [from, to];
    const inBin = sides.filter((side) => side >= least && side <= most).length;
    expect([label, count(shown)]).toEqual([label, inBin]);
  }
  const inBin = images.filter((row) => Number(row['bytes']) >= 4096 && Number(row['bytes']) < 8192).length;
  const bytes = page.tables['Images by size of the download'] ?? [];
  expect(count(bytes.find(([bin]) => bin === '4KiB to 8KiB')?.[1])).toBe(inBin);

  const byHost = new Map<string, number>();
  for (const { url } of rows) {
    const host = typeof url === 'string' ? hostOf(url) : null;
    if (host !== null) byHost.set(host, (byHost.get(host) ?? 0) + 1);
  }
  const most = [...byHost.values()].sort((a, b) => b - a).slice(0, 10);
  const largest = page.tables['Hosts with most rows'] ?? [];
  expect(largest.map(([, figure]) => count(figure))).toEqual(most);
  for (const [host = '', figure] of largest) expect([host, count(figure)]).toEqual([host, byHost.get(host)]);
}

function hostOf(url: string): string | null {
  try {
    return new URL(url).hostname || null;
  } catch {
    return null;
  }
}

/** Rows and images that `throughput.json` has for all starts together. */
export function recorded(output: string): { starts: number; rows: number; images: number } {
  const { starts } = JSON.parse(readFileSync(join(output, '.laion-fetch', 'throughput.json'), 'utf8')) as {
    starts: { rows: number[]; images: number[] }[];
  };
  const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0);
  return {
    starts: starts.length,
    rows: sum(starts.flatMap(({ rows }) => rows)),
    images: sum(starts.flatMap(({ images }) => images)),
  };
}
