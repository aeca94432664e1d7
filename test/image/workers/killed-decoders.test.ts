import { describe, expect, test } from 'vitest';
import type { DecoderEvent, DecoderOptions } from '../../../src/image/workers/decoder-pool.ts';
import { imageFixture } from '../fixtures.ts';
import { useDecoders } from '../use-decoders.ts';

/** `onStarted` is called with the id of each process and with how many have started so far. */
function start(count: number, onStarted: (pid: number, started: number) => void = () => {}) {
  const events: DecoderEvent[] = [];
  const started = (): number[] => events.flatMap(({ kind, pid }) => (kind === 'started' ? [pid] : []));
  const onEvent: DecoderOptions['onEvent'] = (event) => {
    events.push(event);
    if (event.kind === 'started') onStarted(event.pid, started().length);
  };
  const decoders = useDecoders({ count, onEvent });
  const causes = () => events.flatMap((event) => (event.kind === 'stopped' ? [event.cause] : []));
  return { decoders, started, causes };
}

function kill(pid: number): void {
  process.kill(pid, 'SIGKILL');
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const bytes = imageFixture('large.jpg');

describe('decoders that are killed from outside, as the system does when memory runs out', () => {
  test('cost only another try', async () => {
    const { decoders, started, causes } = start(2);
    const jobs = Array.from({ length: 30 }, () => decoders.decode({ bytes }));
    await jobs[0];
    const [victim = 0] = started();
    kill(victim);
    expect((await Promise.all(jobs)).every((result) => result.ok)).toBe(true);
    expect(causes()).toEqual(['killed']);
    expect(isAlive(victim)).toBe(false);
  });

  test.each([1, 3])('three times, of %i processes: every image is decoded', async (count) => {
    const { decoders, causes } = start(count, (pid, started) => started <= 3 && kill(pid));
    const results = await Promise.all(Array.from({ length: 8 }, () => decoders.decode({ bytes })));
    expect(results.map((result) => result.ok)).toEqual(Array(8).fill(true));
    expect(causes().filter((cause) => cause === 'killed')).toHaveLength(3);
  });

  test.each(['SIGXCPU'] as const)('by %s, as a batch system does: no image is blamed', async (signal) => {
    const { decoders, causes } = start(1, (pid, started) => started <= 3 && process.kill(pid, signal));
    expect((await decoders.decode({ bytes })).ok).toBe(true);
    expect(causes()).toEqual(['killed', 'killed', 'killed']);
  });

  test('always: end the run, blame no image, and say what is needed', async () => {
    const { decoders } = start(2, kill);
    const jobs = await Promise.allSettled([decoders.decode({ bytes }), decoders.decode({ bytes })]);
    for (const settled of jobs) {
      expect(settled).toMatchObject({
        status: 'rejected',
        reason: {
          name: 'UserError',
          exitCode: 6,
          message: expect.stringMatching(/^Cannot decode image\/jpeg of .* allow .*iB.* no row is lost/),
        },
      });
    }
    expect(decoders.waiting).toBe(0);
  });

  test('always, while nothing is to be decoded: the next image learns it', async () => {
    const { decoders, causes } = start(1, kill);
    await expect.poll(() => causes().length, { timeout: 20_000 }).toBe(5);
    await expect(decoders.decode({ bytes })).rejects.toThrow(/^Cannot decode images: /);
  });

  test('leave one process fewer, and an image whose other process crashed still gets a fresh one', async () => {
    const { decoders, started } = start(2);
    await expect.poll(() => started().length, { timeout: 20_000 }).toBe(2);
    await Promise.all(Array.from({ length: 8 }, () => decoders.decode({ bytes })));
    const jobs = [decoders.decode({ bytes }), decoders.decode({ bytes })];
    const [first = 0, second = 0] = started();
    process.kill(first, 'SIGSEGV');
    kill(second);
    for (const result of await Promise.all(jobs)) expect(result.ok).toBe(true);
    expect(started().filter(isAlive)).toHaveLength(1);
    expect((await decoders.decode({ bytes })).ok).toBe(true);
  });
});
