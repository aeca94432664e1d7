import { expect, test } from 'vitest';
import { FAILURES, type FailureCode } from '../../src/core/failures.ts';
import { summaryJson, summaryText } from '../../src/report/summary.ts';
import type { RunSummary } from '../../src/run/download.ts';
import { FailureNotes } from '../../src/run/engine/failure-notes.ts';
import { Tally } from '../../src/run/engine/tally.ts';

const STYLE = { width: 80 };

function interruptedRun(): RunSummary {
  const [tally, before] = [new Tally(), new Tally()];
  for (let i = 0; i < 6; i += 1) tally.add('success', 500);
  tally.add('http_404', 0);
  tally.add('image_unknown', 500);
  before.addCounts(1, { http_404: 1 });
  const shards = { written: 1, before: 1 };
  return {
    output: 'out',
    tally,
    before,
    shards,
    hosts: { dead: 0, throttled: 0, limited: 0 },
    throttledUntil: null,
    droppedDuplicates: 2,
    takenOver: 4,
    unwrittenRows: 3,
    seconds: 2,
    setAside: [],
    interrupted: true,
    examples: new Map([['http_404', 'http://user:secret@a.example/1']]),
    worstHosts: [],
    canRetry: true,
    index: ['index.parquet'],
    options: { 'image-size': 256 },
  };
}

test('summaryText() counts the dataset, rates this start, and says what was taken over and kept', () => {
  const lines = summaryText(interruptedRun(), STYLE).split('\n').filter(Boolean);
  expect(lines).toEqual([
    '  interrupted after 2s (3.0 img/s, 1.7KiB/s); the same command resumes',
    '  rows           10',
    '  success         7   70.0 %',
    '  http_404        2   20.0 %  HTTP Error 404: Not Found',
    '    http://***@a.example/1',
    '  image_unknown   1   10.0 %  not an image in a supported format',
    '  1 shard written to out, 1 already complete',
    '  4 rows resumed from an earlier run',
    '  2 rows dropped as duplicates of an earlier URL',
    '  3 rows of unfinished shards kept for the next run',
    '  the failed rows, for DuckDB:',
    "    SELECT url, failure_code FROM 'out/*.parquet' WHERE status <> 'success'",
  ]);
});

test('summaryJson() contains the same as one document', () => {
  expect(JSON.parse(summaryJson(interruptedRun()))).toMatchObject({
    rows: 10,
    successes: 7,
    failed_to_download: 2,
    failed_to_resize: 1,
    success_ratio: 0.7,
    failure_codes: { http_404: 2, image_unknown: 1 },
    interrupted: true,
    shards_written: 1,
    rows_kept: 3,
  });
});

test('the summary counts dead, throttled and limited hosts', () => {
  const hosts = { dead: 3, throttled: 1200, limited: 0 };
  const run = { ...interruptedRun(), hosts };
  const line = '  hosts: 3 dead, 1,200 throttled (429 or 503), 0 with fewer connections';
  expect(summaryText(run, STYLE).split('\n')).toContain(line);
  expect(JSON.parse(summaryJson(run))).toMatchObject({ hosts });
});

test('the summary says how many rows of hosts that refused everything to try again, when and how', () => {
  const run = { ...interruptedRun(), throttledUntil: Date.UTC(2026, 0, 2, 3, 4, 5), output: 'my set' };
  for (let i = 0; i < 182; i += 1) run.tally.add('host_throttled', 0);
  expect(summaryText(run, STYLE).replace(/\n {4}/g, ' ')).toContain(
    "182 rows skipped because their hosts refused every request; to try again, from 2026-01-02 03:05 UTC on: laion-fetch retry 'my set'",
  );
  expect(JSON.parse(summaryJson(run))).toMatchObject({ throttled_until: '2026-01-02T03:04:05.000Z' });
});

test('every line of the summary fits the width; it has the worst hosts, and what retry may heal', () => {
  const run = { ...interruptedRun(), interrupted: false, output: 'a/long/folder' };
  const notes = new FailureNotes();
  for (const code of Object.keys(FAILURES) as FailureCode[]) {
    run.tally.add(code, 0);
    notes.add(code, `https://${code.replaceAll('_', '-')}.example/${'x'.repeat(200)}`);
    if (code === 'timeout') notes.add(code, 'https://timeout.example/');
  }
  const full = {
    ...run,
    examples: notes.examples,
    worstHosts: notes.worstHosts(5),
    throttledUntil: Date.UTC(2026, 0, 2, 3, 4, 5),
    hosts: { dead: 1_000_000, throttled: 1_000_000, limited: 1_000_000 },
  };
  for (const width of [60, 80, 120]) {
    const text = summaryText(full, { width });
    const isQuery = (line: string): boolean => line.includes('SELECT');
    expect(text.split('\n').filter((line) => line.length > width && !isQuery(line))).toEqual([]);
    for (const code of notes.examples.keys())
      expect(text).toContain(`    https://${code.replaceAll('_', '-')}`);
  }
  const text = summaryText(full, { width: 80 });
  expect(text).toMatch(/ {2}hosts with most failures\n {4}2 {2}timeout\.example +mostly timeout\n {4}1 /);
  const healable = Object.values(FAILURES).filter(({ retry }) => retry).length + 2;
  expect(text).toContain(`  retry may still heal ${healable} rows: laion-fetch retry a/long/folder\n`);
  expect(JSON.parse(summaryJson(full))).toMatchObject({
    rows_to_retry: healable,
    retry_command: 'laion-fetch retry a/long/folder',
    worst_hosts: [{ host: 'timeout.example', failed: 2, mostly: 'timeout' }, {}, {}, {}, {}],
    index: ['index.parquet'],
    options: { 'image-size': 256 },
  });
});

test('FailureNotes finds the worst hosts among many in bounded memory', () => {
  const notes = new FailureNotes(8);
  for (let i = 0; i < 1000; i += 1) {
    notes.add('http_404', `http://rare-${i}.example/`);
    if (i % 3 === 0) notes.add('timeout', `http://user@Worst.example:8080/${i}`);
    if (i % 4 === 0) notes.add('http_403', `http://[::1]/${i}`);
  }
  const [first, second] = notes.worstHosts(2);
  expect([first?.host, first?.mostly, second?.host]).toEqual(['worst.example', 'timeout', '[::1]']);
  expect(first?.failed).toBeLessThanOrEqual(334);
  expect(notes.worstHosts(100).length).toBeLessThanOrEqual(8);
  expect(notes.examples.get('timeout')).toBe('http://user@Worst.example:8080/0');
});
