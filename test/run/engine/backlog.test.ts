import { describe, expect, test } from 'vitest';
import { READ_AHEAD_ROWS } from '../../../src/fetch/schedule/frontier-options.ts';
import { Backlog } from '../../../src/run/engine/backlog.ts';

/** 128 MiB. */
const MAX_BYTES = 2 ** 27;

describe('Backlog', () => {
  test('holds the reader back while unsettled rows take too many bytes', async () => {
    const backlog = new Backlog(() => 0);
    backlog.add(MAX_BYTES - 1);
    expect(backlog.isHigh).toBe(false);
    backlog.add(1);
    expect(backlog.signals).toEqual(['bytes']);
    const room = backlog.room();
    backlog.remove(1);
    await room;
    expect(backlog.signals).toEqual([]);
  });

  test('holds the reader back while there are too many unsettled rows', () => {
    const backlog = new Backlog(() => 0);
    for (let row = 0; row < 32_768; row += 1) backlog.add(1);
    expect(backlog.signals).toEqual(['rows']);
    backlog.remove(1);
    expect(backlog.signals).toEqual([]);
  });

  test('names all reasons for holding the reader back', () => {
    let queued = READ_AHEAD_ROWS;
    const backlog = new Backlog(() => queued);
    backlog.openShards = 257;
    backlog.unwrittenShards = 3;
    expect(backlog.signals).toEqual(['queue', 'openShards', 'unwrittenShards']);
    queued -= 1;
    backlog.openShards -= 1;
    expect(backlog.signals).toEqual(['unwrittenShards']);
  });

  test('never holds the reader back after release()', async () => {
    const backlog = new Backlog(() => 0);
    backlog.add(MAX_BYTES);
    const room = backlog.room();
    backlog.release();
    await room;
    await backlog.room();
    expect(backlog.isHigh).toBe(true);
  });
});
