import { expect, test } from 'vitest';
import { summaryJson, summaryText } from '../../src/report/summary.ts';
import type { RunSummary } from '../../src/run/download.ts';
import { Tally } from '../../src/run/engine/tally.ts';

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
    interrupted: true,
  };
}

test('summaryText() counts the dataset, rates this start, and says what was taken over and kept', () => {
  const lines = summaryText(interruptedRun()).split('\n').filter(Boolean);
  expect(lines).toEqual([
    '  interrupted after 2s (3.0 img/s, 1.7KiB/s); the same command resumes',
    '  rows                            10',
    '  success                          7    70.0 %',
    '  http_404                         2    20.0 %  HTTP Error 404: Not Found',
    '  image_unknown                    1    10.0 %  not an image in a supported format',
    '  1 shard written to out, 1 already complete',
    '  4 rows resumed from an earlier run',
    '  2 rows dropped as duplicates of an earlier URL',
    '  3 rows of unfinished shards kept for the next run',
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
  expect(summaryText(run).split('\n')).toContain(line);
  expect(JSON.parse(summaryJson(run))).toMatchObject({ hosts });
});

test('the summary says how many rows of hosts that refused everything to try again, when and how', () => {
  const run = { ...interruptedRun(), throttledUntil: Date.UTC(2026, 0, 2, 3, 4, 5), output: 'my set' };
  for (let i = 0; i < 182; i += 1) run.tally.add('host_throttled', 0);
  expect(summaryText(run)).toContain(
    "182 rows skipped because their hosts refused every request; to try again, from 2026-01-02 03:05 UTC on: laion-fetch retry 'my set'",
  );
  expect(JSON.parse(summaryJson(run))).toMatchObject({ throttled_until: '2026-01-02T03:04:05.000Z' });
});
