import { expect, test } from 'vitest';
import { Breaker } from '../../../src/fetch/breaker/breaker.ts';
import { PendingVerdicts } from '../../../src/fetch/breaker/verdicts.ts';

const turn = (): Promise<void> => new Promise(setImmediate);

function useVerdicts() {
  const state = { isLast: false, errors: 0, ended: [] as string[] };
  const verdicts = new PendingVerdicts(
    new Breaker(() => {
      state.errors += 1;
    }),
    () => state.isLast,
  );
  return { verdicts, state, end: (row: string) => () => void state.ended.push(row) };
}

test('a failed row ends at once while the machine clearly works', () => {
  const { verdicts, state, end } = useVerdicts();
  for (const host of ['a.one', 'a.two', 'a.three']) verdicts.record('lookup', host, 'ok');
  verdicts.record('lookup', 'a.four', 'failed');
  verdicts.release('lookup', end('row'));
  expect(state.ended).toEqual(['row']);
});

test('failed rows stay pending until others show that the machine works', async () => {
  const { verdicts, state, end } = useVerdicts();
  verdicts.record('lookup', 'a.one', 'silent');
  verdicts.release('lookup', end('row'));
  await turn();
  expect([state.ended, verdicts.size]).toEqual([[], 1]);
  for (const host of ['a.two', 'a.three']) verdicts.record('lookup', host, 'ok');
  verdicts.recheck();
  await turn();
  expect([state.ended, verdicts.size, state.errors]).toEqual([['row'], 0, 0]);
});

test('when nothing else is under way, a pending row ends or the run does', async () => {
  const broken = useVerdicts();
  broken.verdicts.record('lookup', 'a.one', 'silent');
  broken.state.isLast = true;
  broken.verdicts.release('lookup', broken.end('row'));
  await turn();
  expect([broken.state.ended, broken.state.errors]).toEqual([[], 1]);

  const working = useVerdicts();
  working.verdicts.record('lookup', 'a.one', 'failed');
  working.state.isLast = true;
  working.verdicts.release('lookup', working.end('row'));
  await turn();
  expect([working.state.ended, working.state.errors]).toEqual([['row'], 0]);
});
