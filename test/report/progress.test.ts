import { describe, expect, test } from 'vitest';
import { ProgressFigures } from '../../src/report/progress-figures.ts';
import { progressLine } from '../../src/report/progress-line.ts';

/** Figures of a run of 400 rows, 100 of them done by an earlier start. */
function started(): ProgressFigures {
  const figures = new ProgressFigures(0);
  figures.take({ type: 'started', rows: 400, inputs: 1, shardsDone: 1, rowsDone: 100 });
  return figures;
}

const settle = (figures: ProgressFigures, successes: number, gone: number): void => {
  for (let i = 0; i < successes; i += 1) figures.take({ type: 'sample', outcome: 'success', bytes: 1000 });
  for (let i = 0; i < gone; i += 1) figures.take({ type: 'sample', outcome: 'http_404', bytes: 0 });
};

describe('ProgressFigures', () => {
  test('shows rows, success ratio, rates and the time left', () => {
    const figures = started();
    settle(figures, 90, 10);
    expect(figures.snapshot(10_000)).toMatchObject({
      rows: 200,
      totalRows: 400,
      successRatio: 0.9,
      imagesPerSecond: 9,
      bytesPerSecond: 9000,
      secondsLeft: 20,
      commonestFailures: [['http_404', 10]],
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

  // 100 rows in 10 s; of 200 rows left, 100 depend on the rate.
  test.each([
    [5_000, 10],
    [25_000, 25],
  ])('if slow hosts need %i ms, the time left is %i s', (slowMs, secondsLeft) => {
    const figures = started();
    settle(figures, 90, 10);
    figures.take({ type: 'waiting', delayed: 0, slow: 100, slowMs, pressure: [] });
    expect(figures.snapshot(10_000)).toMatchObject({ secondsLeft });
  });

  test('the time left at the end is what slow hosts need, whatever the rate', () => {
    const figures = started();
    settle(figures, 297, 0);
    figures.snapshot(0);
    figures.snapshot(11_000);
    figures.take({ type: 'waiting', delayed: 3, slow: 3, slowMs: 12_000, pressure: [] });
    expect(figures.snapshot(21_000)).toMatchObject({ imagesPerSecond: 0, secondsLeft: 12 });
    settle(figures, 3, 0);
    expect(figures.snapshot(22_000)).toMatchObject({ secondsLeft: 0 });
  });

  test('shows no time left if the number of rows is unknown', () => {
    const figures = new ProgressFigures(0);
    figures.take({ type: 'started', rows: null, inputs: 1, shardsDone: 0, rowsDone: 0 });
    settle(figures, 5, 0);
    expect(figures.snapshot(1000)).toMatchObject({ rows: 5, totalRows: null, secondsLeft: null });
  });
});

describe('progressLine()', () => {
  test('fits the terminal and names the most common failures', () => {
    const figures = started();
    settle(figures, 90, 10);
    const snapshot = figures.snapshot(10_000);
    expect(progressLine(snapshot, 120)).toBe(
      '[##########----------] 200 of 400  90.0 % ok  9.0 img/s  8.8KiB/s  ETA 20s  http_404 10',
    );
    expect(progressLine(snapshot, 40)).toHaveLength(40);
  });

  test('shows the number of delayed rows', () => {
    const figures = started();
    figures.take({ type: 'waiting', delayed: 1234, slow: 0, slowMs: 0, pressure: [] });
    expect(progressLine(figures.snapshot(1), 120)).toMatch(/ {2}1,234 delayed$/);
  });

  test('says that there are no results before the first row', () => {
    expect(progressLine(new ProgressFigures(0).snapshot(1), 80)).toBe(
      '0 rows  no results yet  0.0 img/s  0B/s',
    );
  });
});
