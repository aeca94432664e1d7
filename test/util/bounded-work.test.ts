import { describe, expect, it } from 'vitest';
import { BoundedWork } from '../../src/util/bounded-work.ts';

/** A task that ends when it is told to. */
function held(): { readonly task: () => Promise<void>; readonly end: () => void } {
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { task: () => ended, end };
}

describe('BoundedWork', () => {
  it('starts tasks while their weights fit, and the next when one ends', async () => {
    const work = new BoundedWork(10);
    const [first, second, third] = [held(), held(), held()];
    const started: string[] = [];
    await work.start(6, first.task);
    await work.start(4, second.task);
    const waiting = work.start(3, third.task).then(() => started.push('third'));
    await Promise.resolve();
    expect(started).toEqual([]);
    first.end();
    await waiting;
    expect(started).toEqual(['third']);
    second.end();
    third.end();
    await work.finish();
  });

  it('runs a task that exceeds the maximum weight, and runs it alone', async () => {
    const work = new BoundedWork(10);
    const [light, heavy, last] = [held(), held(), held()];
    const started: string[] = [];
    const start = (name: string, weight: number, { task }: ReturnType<typeof held>) =>
      work.start(weight, task).then(() => started.push(name));
    const turn = () => new Promise(setImmediate);
    await start('light', 1, light);
    void start('heavy', 11, heavy);
    await turn();
    expect(started).toEqual(['light']);
    light.end();
    await turn();
    expect(started).toEqual(['light', 'heavy']);
    void start('last', 1, last);
    await turn();
    expect(started).toEqual(['light', 'heavy']);
    heavy.end();
    await turn();
    expect(started).toEqual(['light', 'heavy', 'last']);
    last.end();
    await work.finish();
  });

  it('rejects with the error of the first task that fails', async () => {
    const work = new BoundedWork(10);
    const fail = async (): Promise<void> => {
      throw new Error('no decoder');
    };
    await work.start(1, fail);
    await work.start(1, async () => {}).catch(() => {});
    await expect(work.finish()).rejects.toThrow('no decoder');
  });
});
