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
  it('starts tasks while their weights fit, and the next when one has ended', async () => {
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

  it('runs a task alone that is heavier than the bound', async () => {
    const work = new BoundedWork(10);
    const heavy = held();
    await work.start(11, heavy.task);
    const next = work.start(1, async () => {});
    heavy.end();
    await next;
    await work.finish();
  });

  it('rejects with what the first task to fail has thrown', async () => {
    const work = new BoundedWork(10);
    const fail = async (): Promise<void> => {
      throw new Error('no decoder');
    };
    await work.start(1, fail);
    await work.start(1, async () => {}).catch(() => {});
    await expect(work.finish()).rejects.toThrow('no decoder');
  });
});
