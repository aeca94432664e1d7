import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FailureCode } from '../../src/core/failures.ts';
import { FAILURES } from '../../src/core/failures.ts';
import { ProgressFigures, type ProgressSnapshot } from '../../src/report/screen/figures.ts';
import { type Phase, screenLines } from '../../src/report/screen/lines.ts';
import { choosePaint, plain } from '../../src/report/screen/paint.ts';
import type { RunEvent } from '../../src/run/engine/events.ts';
import { displayWidth } from '../../src/util/text/terminal-text.ts';

/** Figures of a run of 400 rows, 100 of them done by an earlier start. */
function started(rows: number | null = 400): ProgressFigures {
  const figures = new ProgressFigures(0);
  figures.take({ type: 'started', rows, inputs: 1, shardsDone: 1, rowsDone: 100 });
  return figures;
}

const settle = (figures: ProgressFigures, successes: number, gone: number): void => {
  for (let i = 0; i < successes; i += 1)
    figures.take({ type: 'sample', outcome: 'success', bytes: 1000, url: null });
  for (let i = 0; i < gone; i += 1)
    figures.take({ type: 'sample', outcome: 'http_404', bytes: 0, url: null });
};

type Waiting = Extract<RunEvent, { type: 'waiting' }>;

const waiting = (some: Partial<Waiting>): Waiting => ({
  type: 'waiting',
  delayed: 0,
  queued: 0,
  inFlight: 0,
  unsettled: 0,
  decodersBusy: 0,
  decoders: 2,
  slow: 0,
  slowMs: 0,
  pressure: [],
  ...some,
});

describe('ProgressFigures', () => {
  test('shows rows, success ratio, rates and the time left', () => {
    const figures = started();
    settle(figures, 90, 10);
    expect(figures.snapshot(10_000)).toMatchObject({
      rows: 200,
      total: { rows: 400, kind: 'exact' },
      successRatio: 0.9,
      rowsPerSecond: 10,
      imagesPerSecond: 9,
      bytesPerSecond: 9000,
      secondsLeft: 20,
      failures: [['http_404', 10]],
      seconds: 10,
    });
  });

  test('shows rates of the last seconds, so that a stall is visible', () => {
    const figures = started();
    figures.snapshot(0);
    settle(figures, 100, 0);
    for (let at = 1000; at <= 30_000; at += 1000) figures.snapshot(at);
    expect(figures.snapshot(31_000)).toMatchObject({ rows: 200, imagesPerSecond: 0, secondsLeft: null });
  });

  test('a burst moves the rates at once, but the time left only a little', () => {
    const figures = started(10_100);
    for (let second = 0; second < 50; second += 1) {
      settle(figures, 20, 0);
      figures.snapshot(second * 1000);
    }
    for (let second = 50; second < 60; second += 1) {
      settle(figures, 80, 0);
      figures.snapshot(second * 1000);
    }
    // 1,800 rows in 60 s; 8,200 are left.
    const { rowsPerSecond, secondsLeft } = figures.snapshot(60_000);
    expect(rowsPerSecond).toBeGreaterThan(70);
    expect(secondsLeft).toBeCloseTo(8200 / 30, -1);
  });

  // 100 rows in 10 s; of 200 rows left, 100 depend on the rate.
  test.each([
    [5_000, 10],
    [25_000, 25],
  ])('if slow hosts need %i ms, the time left is %i s', (slowMs, secondsLeft) => {
    const figures = started();
    settle(figures, 90, 10);
    figures.take(waiting({ slow: 100, slowMs }));
    expect(figures.snapshot(10_000)).toMatchObject({ secondsLeft });
  });

  test('the time left at the end is what slow hosts need, whatever the rate', () => {
    const figures = started();
    settle(figures, 297, 0);
    figures.snapshot(0);
    figures.snapshot(11_000);
    figures.take(waiting({ delayed: 3, slow: 3, slowMs: 12_000 }));
    expect(figures.snapshot(21_000)).toMatchObject({ imagesPerSecond: 0, secondsLeft: 12 });
    settle(figures, 3, 0);
    expect(figures.snapshot(22_000)).toMatchObject({ secondsLeft: 0 });
  });

  test('an unknown number of rows is what was read so far, then what was counted', () => {
    const figures = started(null);
    settle(figures, 5, 0);
    figures.take(waiting({ unsettled: 40 }));
    expect(figures.snapshot(1000)).toMatchObject({
      rows: 105,
      total: { rows: 145, kind: 'so-far' },
      secondsLeft: null,
    });
    figures.take({ type: 'total', rows: 205, kind: 'about' });
    expect(figures.snapshot(4000)).toMatchObject({ total: { rows: 205, kind: 'about' }, secondsLeft: 80 });
  });
});

function linesOf(
  figures: ProgressFigures,
  columns: number,
  { now = 10_000, phase = 'running' as Phase, hasKeys = false } = {},
): string[] {
  return screenLines({ phase, figures: figures.snapshot(now), hasKeys }, columns, plain);
}

describe('screenLines()', () => {
  test('says that the index is being read, and for how long', () => {
    expect(linesOf(new ProgressFigures(0), 79, { now: 100 })).toEqual(['reading the index ...']);
    expect(linesOf(new ProgressFigures(0), 79, { now: 3500 })).toEqual(['reading the index ... 3s']);
  });

  test('shows bar, rates and causes in three lines', () => {
    const figures = started();
    settle(figures, 90, 10);
    figures.take(waiting({ delayed: 3, queued: 20_000, inFlight: 56, decodersBusy: 2 }));
    expect(linesOf(figures, 79)).toEqual([
      '[#####------]   50.0 %  200 of 400 rows  ETA 20s  after 10s  90 images  87.9KiB',
      '10 rows/s  9.0 img/s  8.8KiB/s  56 in flight  144 waiting  2/2 decoding',
      '90.0 % ok  http_404 10',
    ]);
    const [wide] = linesOf(figures, 119);
    expect(wide).toMatch(/^\[#{20,}-{20,}\] {3}50\.0 % {2}200 of 400 rows {2}ETA 20s /);
  });

  test('marks a total as approximate until it is known', () => {
    const figures = started(null);
    settle(figures, 90, 10);
    figures.take(waiting({ unsettled: 1000 }));
    expect(linesOf(figures, 79)[0]).toBe('200 of ~1,200 rows so far  after 10s  90 images  87.9KiB');
    figures.take({ type: 'total', rows: 500, kind: 'about' });
    expect(linesOf(figures, 79)[0]).toContain('40.0 %  200 of ~500 rows  ETA ~30s');
    figures.take({ type: 'total', rows: 400, kind: 'exact' });
    expect(linesOf(figures, 79)[0]).toContain('50.0 %  200 of 400 rows  ETA 20s');
  });

  test('counts the causes for which there is no room', () => {
    const figures = started();
    const codes = Object.keys(FAILURES) as FailureCode[];
    for (const [at, code] of codes.entries())
      for (let i = 0; i <= at; i += 1) figures.take({ type: 'sample', outcome: code, bytes: 0, url: null });
    const [, , causes] = linesOf(figures, 79);
    expect(causes).toMatch(/^0\.0 % ok {2}decoder_crashed \d+ {2}decoder_killed \d+ .* {2}\+\d+ more$/);
    expect(causes?.length).toBeLessThanOrEqual(79);
  });

  test('says that a run pauses or stops', () => {
    const figures = started();
    settle(figures, 90, 10);
    figures.take(waiting({ inFlight: 7 }));
    expect(linesOf(figures, 79, { phase: 'paused' })[0]).toContain('  paused, p goes on');
    expect(linesOf(figures, 79, { phase: 'stopping' })[0]).toContain('  stopping, 7 in flight');
    expect(linesOf(figures, 79, { hasKeys: true })[2]).toBe('90.0 % ok  http_404 10  p pauses, q ends');
  });

  test('is never wider than the terminal, whatever the figures', () => {
    const count = fc.integer({ min: 0, max: 10 ** 12 });
    const code = fc.constantFrom(...(Object.keys(FAILURES) as FailureCode[]));
    const snapshot: fc.Arbitrary<ProgressSnapshot> = fc.record({
      isStarted: fc.boolean(),
      rows: count,
      total: fc.option(fc.record({ rows: count, kind: fc.constantFrom('exact', 'about', 'so-far') })),
      images: count,
      bytes: count,
      successRatio: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
      rowsPerSecond: count,
      imagesPerSecond: count,
      bytesPerSecond: count,
      secondsLeft: fc.option(count),
      failures: fc.array(fc.tuple(code, count), { maxLength: 40 }),
      shardsWritten: count,
      delayedRows: count,
      load: fc.record({ inFlight: count, waiting: count, decodersBusy: count, decoders: count }),
      seconds: count,
    });
    const phase = fc.constantFrom<Phase>('running', 'paused', 'stopping');
    fc.assert(
      fc.property(snapshot, phase, fc.integer({ min: 24, max: 200 }), (figures, now, columns) => {
        const lines = screenLines({ phase: now, figures, hasKeys: true }, columns, plain);
        expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(columns);
      }),
    );
  });
});

describe('choosePaint()', () => {
  const terminal = { isTTY: true };
  test.each([
    [terminal, {}, true],
    [{}, {}, false],
    [terminal, { NO_COLOR: '1' }, false],
    [terminal, { NO_COLOR: '' }, true],
    [terminal, { TERM: 'dumb' }, false],
    [{}, { FORCE_COLOR: '1' }, true],
    [terminal, { FORCE_COLOR: '1', NO_COLOR: '1' }, true],
    [terminal, { FORCE_COLOR: '0' }, false],
  ])('on %j with %j: colours %s', (stream, environment, isColoured) => {
    expect(choosePaint(stream, environment)('x', 'green')).toBe(isColoured ? '\u001b[32mx\u001b[39m' : 'x');
  });
});
