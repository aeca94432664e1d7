import { describe, expect, test } from 'vitest';
import type { Broker } from '../../../src/broker/interface/broker.ts';
import { UnreachableError, unusableError } from '../../../src/broker/interface/broker-error.ts';
import { awaitBroker } from '../../../src/run/queue/await-broker.ts';
import { BrokerSilence } from '../../../src/run/queue/broker-silence.ts';

const ADDRESS = 'redis://user:sesame@queue.example';
const PUBLIC = 'redis://queue.example';
const BROKER = { address: PUBLIC } as Broker;

const unreachable = (code: string): Error =>
  new UnreachableError(PUBLIC, Object.assign(new Error(`connect ${code}`), { code }));

/** Connects to a broker that answers each attempt as `answers` says, the last one for ever. */
async function connect(answers: readonly (Error | Broker)[], waitMs: number, stopAfterMs = 1e9) {
  const stop = new AbortController();
  const said: string[] = [];
  let [ms, attempts] = [0, 0];
  const result = await awaitBroker(ADDRESS, {
    waitMs,
    tell: (message) => said.push(message),
    signal: stop.signal,
    connect: async (address) => {
      expect(address).toBe(ADDRESS);
      const answer = answers[Math.min(attempts, answers.length - 1)];
      attempts += 1;
      if (answer instanceof Error) throw answer;
      return answer ?? BROKER;
    },
    now: () => ms,
    pause: async (pauseMs) => {
      ms += pauseMs;
      if (ms >= stopAfterMs) stop.abort();
    },
  }).catch((error: unknown) => error);
  return { result, said, ms };
}

describe('a broker that is not there yet', () => {
  test('is waited for, and named without its password', async () => {
    const { result, said, ms } = await connect(
      [unreachable('ECONNREFUSED'), unreachable('EAI_AGAIN'), BROKER],
      600_000,
    );
    expect(result).toBe(BROKER);
    expect(said).toEqual([
      `the queue ${PUBLIC} cannot be reached: connect ECONNREFUSED; waiting for it for 10m at most`,
      `the queue ${PUBLIC} answers`,
    ]);
    expect(ms).toBeLessThan(5_000);
  });

  test.each([
    ['ECONNREFUSED', 600_000, 600_000],
    // More often a mistake.
    ['ENOTFOUND', 600_000, 60_000],
    ['ENOTFOUND', 5_000, 5_000],
  ])('%s with %i ms ends after %i', async (code, waitMs, expected) => {
    const { result, ms } = await connect([unreachable(code)], waitMs);
    expect(result).toMatchObject({ exitCode: 6, message: expect.stringContaining(`connect ${code}`) });
    expect(ms).toBe(expected);
  });

  test('is not waited for if it refuses, or after an interrupt', async () => {
    const refused = await connect([unusableError(PUBLIC, 'it refuses the password', 'check it')], 600_000);
    expect(refused).toMatchObject({ result: { exitCode: 3 }, said: [], ms: 0 });
    const stopped = await connect([unreachable('ECONNREFUSED')], 600_000, 3_000);
    expect(stopped).toMatchObject({ result: { exitCode: 6 }, ms: 3_000 });
  });
});

describe('the silence of a broker', () => {
  test('is told once, then ends the machine after the time that it may take', () => {
    let ms = 0;
    const said: string[] = [];
    const tell = (message: string): unknown => said.push(message);
    const silence = new BrokerSilence({ address: PUBLIC, waitMs: 600_000, tell, now: () => ms });
    const at = (moment: number): void => {
      ms = moment;
      silence.check();
    };
    at(9_000);
    expect(said).toEqual([]);
    at(11_000);
    at(12_000);
    expect(said).toEqual([expect.stringContaining('does not answer; this machine finishes the shards')]);
    silence.heard();
    expect(said.at(-1)).toContain('answers again');
    at(611_000);
    expect(silence.lost.aborted).toBe(false);
    at(612_000);
    const { reason } = silence.lost;
    expect(reason).toMatchObject({ exitCode: 6, message: expect.stringContaining('not answered for 10m') });
  });

  test('is no silence if it refuses a command: what it answers is said', async () => {
    let ms = 0;
    const said: string[] = [];
    const tell = (message: string): unknown => said.push(message);
    const silence = new BrokerSilence({ address: PUBLIC, waitMs: 20_000, tell, now: () => ms });
    const refusal = Object.assign(new Error('OOM command not allowed'), { name: 'ReplyError' });
    silence.failed(refusal);
    ms = 11_000;
    silence.check();
    expect(said).toEqual([expect.stringContaining("only answers 'OOM command not allowed'")]);
    ms = 21_000;
    silence.check();
    const { reason } = silence.lost;
    expect(reason).toMatchObject({
      exitCode: 6,
      message: expect.stringContaining("'OOM command not allowed'"),
    });
    const fresh = new BrokerSilence({ address: PUBLIC, waitMs: 20_000, tell, now: () => ms });
    const refused = { exitCode: 3, message: expect.stringContaining(`${PUBLIC}: OOM command`) };
    await expect(fresh.hear(Promise.reject(refusal))).rejects.toMatchObject(refused);
    await expect(fresh.hear(Promise.reject(new TypeError('bug')))).rejects.toBeInstanceOf(TypeError);
  });
});
