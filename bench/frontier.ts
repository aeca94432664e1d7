/**
 * Sends a million rows of 190,000 hosts through the frontier, with simulated answers and a simulated clock. Measures
 * memory and time per row:
 *
 *   npm run bench:frontier [rows] [hosts]
 */
import { mock } from 'node:test';
import type { HostKey } from '../src/core/samples.ts';
import { HostBook } from '../src/fetch/hosts/host-book.ts';
import type { HostSignal } from '../src/fetch/hosts/host-signal.ts';
import { Frontier } from '../src/fetch/schedule/frontier.ts';
import { READ_AHEAD_ROWS } from '../src/fetch/schedule/frontier-options.ts';
import type { QueuedRow } from '../src/fetch/schedule/host-queue.ts';
import { RunLimits } from '../src/fetch/schedule/run-limits.ts';
import { hashFraction } from '../test/support/bytes/hash.ts';
import { describeMachine } from './machine.ts';

/** Rows between index and outcome, as in a run. */
const MAX_UNSETTLED = 32_768;
/** Steps of the simulated clock. */
const TICK_MS = 10;
const MEMORY_EVERY_MS = 1000;
/** Shares of hosts, from the decay of LAION-400M: dead, sometimes answering 429, silent. */
const DEAD = 0.05;
const SILENT = 0.02;
const THROTTLING = 0.01;
/** Share of 429s among the answers of a throttling host. */
const REFUSALS = 0.05;
/** Share of rows that are the only row of their host. */
const OWN_SHARE = 0.19;
const LATENCY_MS = { fast: 50, spread: 400, silence: 10_000 };

async function main(rows: number, hosts: number): Promise<void> {
  mock.timers.enable({ apis: ['setTimeout'] });
  const book = new HostBook({ perHost: 16, intervalMs: 0 });
  const seen = { settled: 0, refused: 0, requests: 0, peakHeapMb: 0 };
  let now = 0;
  let read = 0;
  /** Requests under way, by the tick at which they end. */
  const due: (() => void)[][] = [];
  const frontier: Frontier<QueuedRow> = new Frontier<QueuedRow>({
    concurrency: 1024,
    book,
    limits: new RunLimits({ rate: null, bandwidth: null }),
    now: () => now,
    run: async (task, host, visit) => {
      seen.requests += 1;
      const { signal, ms } = answer(task.host, seen.requests);
      await new Promise<void>((resolve) => {
        const tick = Math.ceil(ms / TICK_MS);
        due[tick] = [...(due[tick] ?? []), resolve];
      });
      host.learn(visit, `${task.host}/${task.order}`, signal, now);
      if (signal.kind === 'refused') frontier.add(task);
      else seen.settled += 1;
    },
    refuse: () => {
      seen.settled += 1;
      seen.refused += 1;
    },
  });
  const startedAt = performance.now();
  while (seen.settled < rows) {
    while (read < rows && read - seen.settled < MAX_UNSETTLED && frontier.waiting < READ_AHEAD_ROWS) {
      frontier.add({ host: hostOf(read, hosts), order: read });
      read += 1;
    }
    for (const resolve of due.shift() ?? []) resolve();
    now += TICK_MS;
    mock.timers.tick(TICK_MS);
    await new Promise((resolve) => setImmediate(resolve));
    if (now % MEMORY_EVERY_MS === 0) {
      seen.peakHeapMb = Math.max(seen.peakHeapMb, process.memoryUsage().heapUsed / 2 ** 20);
    }
  }
  mock.timers.reset();
  const seconds = (performance.now() - startedAt) / 1000;
  console.log(`${describeMachine()}\n`);
  console.log(`rows / hosts                 ${rows.toLocaleString('en')} / ${hosts.toLocaleString('en')}`);
  console.log(
    `ended without a request      ${seen.refused.toLocaleString('en')}, because their hosts were dead`,
  );
  console.log(`CPU time per row             ${((seconds * 1000 * 1000) / rows).toFixed(1)} us`);
  console.log(`peak heap                    ${seen.peakHeapMb.toFixed(0)} MB`);
  console.log(`simulated time               ${(now / 1000).toFixed(0)} s`);
}

/** About every fifth row is the only row of its host, as in LAION; the others follow Zipf's law. */
function hostOf(row: number, hosts: number): HostKey {
  const isOwn = hashFraction(`own ${row}`) < OWN_SHARE;
  const rank = isOwn ? row % hosts : Math.floor(hosts ** hashFraction(`rank ${row}`));
  return `h${rank}.example` as HostKey;
}

function answer(host: HostKey, request: number): { readonly signal: HostSignal; readonly ms: number } {
  const kind = hashFraction(host);
  const ms = LATENCY_MS.fast + LATENCY_MS.spread * hashFraction(`${request}`);
  if (kind < DEAD) return { signal: { kind: 'unreached', code: 'connect_refused' }, ms };
  if (kind < DEAD + SILENT) return { signal: { kind: 'silent', code: 'timeout' }, ms: LATENCY_MS.silence };
  if (kind < DEAD + SILENT + THROTTLING && hashFraction(`refused ${request}`) < REFUSALS) {
    return { signal: { kind: 'refused', status: 429, retryAfterMs: 1000 }, ms };
  }
  return { signal: { kind: 'answered' }, ms };
}

await main(Number(process.argv[2] ?? 1_000_000), Number(process.argv[3] ?? 190_000));
