import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { coarser, readThroughput, ThroughputRecorder } from '../../../src/run/dataset/throughput.ts';
import type { RunEvent } from '../../../src/run/engine/events.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

const SETTLED: RunEvent = { type: 'sample', outcome: 'success', bytes: 100, url: null };
const FAILED: RunEvent = { type: 'sample', outcome: 'timeout', bytes: 0, url: null };
const TICK: RunEvent = {
  ...{ type: 'waiting', delayed: 0, queued: 0, inFlight: 0, unsettled: 0, decodersBusy: 0, decoders: 1 },
  ...{ slow: 0, slowMs: 0, pressure: [] },
};
const sum = (counts: readonly number[] = []): number => counts.reduce((all, count) => all + count, 0);

/** A recorder with a clock that the test moves. */
async function useRecorder(output: string) {
  const time = { ms: 5_000 };
  const recorder = await ThroughputRecorder.open(output, 'download', null, () => time.ms);
  /** Lets seconds pass, with so many images in each. */
  const pass = (seconds: number, images: number): void => {
    for (let second = 0; second < seconds; second += 1) {
      for (let image = 0; image < images; image += 1) recorder.take(SETTLED);
      time.ms += 1_000;
      recorder.take(TICK);
    }
  };
  return { recorder, pass, time };
}

test('counts rows, images and bytes in the interval in which they were settled', async () => {
  const output = await useTempFolder();
  const { recorder, time } = await useRecorder(output);
  for (const event of [SETTLED, FAILED, FAILED]) recorder.take(event);
  time.ms += 1_500;
  recorder.take(TICK);
  recorder.take(SETTLED);
  time.ms += 700;
  await recorder.flush();
  expect(await readThroughput(output)).toMatchObject([
    {
      command: 'download',
      intervalMs: 1000,
      ms: 2200,
      rows: [3, 1, 0],
      images: [1, 1, 0],
      bytes: [100, 100, 0],
    },
  ]);
});

test('is written while the run goes on, and continued by the next start', async () => {
  const output = await useTempFolder();
  const first = await useRecorder(output);
  first.pass(9, 2);
  expect(await readThroughput(output)).toEqual([]);
  first.pass(2, 2);
  // Without an end: what a crash leaves.
  await expect.poll(async () => sum((await readThroughput(output))[0]?.rows)).toBe(20);

  const second = await useRecorder(output);
  second.pass(3, 1);
  await second.recorder.flush();
  expect((await readThroughput(output)).map(({ images }) => sum(images))).toEqual([20, 3]);
});

test('stays small: a month and a hundred starts lose detail, but no row', async () => {
  const output = await useTempFolder();
  const { recorder, time } = await useRecorder(output);
  for (let hour = 0; hour < 720; hour += 1) {
    recorder.take(SETTLED);
    time.ms += 3_600_000;
    recorder.take(TICK);
  }
  await recorder.flush();
  const [month] = await readThroughput(output);
  expect(sum(month?.rows)).toBe(720);
  expect(month?.rows.length).toBeLessThanOrEqual(240);

  for (let start = 0; start < 100; start += 1) {
    const { recorder, pass } = await useRecorder(output);
    pass(2, 1);
    await recorder.flush();
  }
  const starts = await readThroughput(output);
  expect(starts.length).toBeLessThanOrEqual(40);
  expect((await readFile(join(output, '.laion-fetch/throughput.json'))).length).toBeLessThan(100_000);
});

test('a start that settles nothing leaves no trace, and a damaged file is as good as none', async () => {
  const output = await useTempFolder();
  const { recorder, pass } = await useRecorder(output);
  pass(20, 0);
  await recorder.flush();
  expect(await readThroughput(output)).toEqual([]);
  pass(1, 1);
  await recorder.flush();
  const path = join(output, '.laion-fetch/throughput.json');
  const whole = await readFile(path, 'utf8');
  for (const text of [
    '',
    'null',
    whole.slice(0, 50),
    whole.replace('"ms":', '"ms":-'),
    whole.replace('[0', '["x"'),
  ]) {
    await writeFile(path, text);
    expect(await readThroughput(output)).toEqual([]);
  }
});

test('coarser() merges neighbours and keeps the sums', () => {
  const rows = [1, 2, 3, 4, 5, 6, 7];
  const start = {
    command: 'retry',
    startedAt: 0,
    version: '1',
    ms: 6_500,
    bytes: rows,
    images: rows,
    rows,
  } as const;
  expect(coarser({ ...start, intervalMs: 1000 }, 3)).toMatchObject({ intervalMs: 4000, rows: [10, 18] });
});
