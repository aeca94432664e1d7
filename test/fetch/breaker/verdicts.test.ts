import { expect, test } from 'vitest';
import { Breaker } from '../../../src/fetch/breaker/breaker.ts';
import { PendingVerdicts } from '../../../src/fetch/breaker/verdicts.ts';

const turn = (): Promise<void> => new Promise(setImmediate);

function useDoubts() {
  const state = { isLast: false, faults: 0, ended: [] as string[] };
  const doubts = new PendingVerdicts(
    new Breaker(() => {
      state.faults += 1;
    }),
    () => state.isLast,
  );
  return { doubts, state, end: (row: string) => () => void state.ended.push(row) };
}

test('Doubts ends a row at once while the machine is beyond doubt', () => {
  const { doubts, state, end } = useDoubts();
  for (const host of ['a.one', 'a.two', 'a.three']) doubts.record('lookup', host, 'ok');
  doubts.record('lookup', 'a.four', 'failed');
  doubts.release('lookup', end('row'));
  expect(state.ended).toEqual(['row']);
});

test('Doubts keeps rows back until others show that the machine works', async () => {
  const { doubts, state, end } = useDoubts();
  doubts.record('lookup', 'a.one', 'silent');
  doubts.release('lookup', end('row'));
  await turn();
  expect([state.ended, doubts.size]).toEqual([[], 1]);
  for (const host of ['a.two', 'a.three']) doubts.record('lookup', host, 'ok');
  doubts.recheck();
  await turn();
  expect([state.ended, doubts.size, state.faults]).toEqual([['row'], 0, 0]);
});

test('Doubts decides when nothing else is under way: for the row, or for the end of the run', async () => {
  const guilty = useDoubts();
  guilty.doubts.record('lookup', 'a.one', 'silent');
  guilty.state.isLast = true;
  guilty.doubts.release('lookup', guilty.end('row'));
  await turn();
  expect([guilty.state.ended, guilty.state.faults]).toEqual([[], 1]);

  const innocent = useDoubts();
  innocent.doubts.record('lookup', 'a.one', 'failed');
  innocent.state.isLast = true;
  innocent.doubts.release('lookup', innocent.end('row'));
  await turn();
  expect([innocent.state.ended, innocent.state.faults]).toEqual([['row'], 0]);
});
