import { randomUUID } from 'node:crypto';
import { promises as dnsPromises } from 'node:dns';
import { errorCode } from '../../util/files/errno.ts';

/** How a name server did under a burst of questions. */
export interface ResolverFigures {
  /** `address` or `address:port`. */
  readonly server: string;
  readonly asked: number;
  /** Questions that it could answer, also with "there is no such name". */
  readonly answered: number;
  /** Answers a second, up to the last one. */
  readonly perSecond: number;
  /** Median wait for an answer in milliseconds; 0 where there was none. */
  readonly medianMs: number;
  /** c-ares' code for the last question without an answer, such as `ESERVFAIL`; null where all had one. */
  readonly failure: string | null;
}

const QUESTIONS = 512;
/** As many as a run ever has under way. */
const MOST_IN_FLIGHT = 256;
/** After that nothing new is asked; the rest of the time belongs to what is in flight. */
const ASKING_MS = 1_000;
const LONGEST_MS = 2_000;

/** Name servers that the system is set up with; an address with another port than 53 names it. */
export function systemNameServers(): readonly string[] {
  return new dnsPromises.Resolver().getServers();
}

/**
 * Asks one name server for names that nobody asked for before, as many at a time as a run with `concurrency` requests
 * may, and each once, for two seconds at most. The names are below `.invalid` (RFC 6761), so that every answer is
 * "no such name" and comes from near by.
 */
export async function probeResolver(server: string, concurrency: number): Promise<ResolverFigures> {
  const resolver = new dnsPromises.Resolver({ timeout: ASKING_MS, tries: 1 });
  // An address with a zone, such as fe80::1%eth0, loses the zone when it is set.
  if (resolver.getServers().join() !== server) resolver.setServers([server]);
  const waits: number[] = [];
  const startedAt = performance.now();
  let asked = 0;
  let lastAnswerAt = startedAt;
  let failure: string | null = null;

  async function askOnAndOn(): Promise<void> {
    while (asked < QUESTIONS && performance.now() - startedAt < ASKING_MS) {
      asked += 1;
      const askedAt = performance.now();
      const code = await questionFailure(resolver, `${randomUUID()}.invalid`);
      if (code === null) {
        lastAnswerAt = performance.now();
        waits.push(lastAnswerAt - askedAt);
      } else failure = code;
    }
  }

  // c-ares chooses its waits by the answers before, and they may be longer than asked for.
  const deadline = setTimeout(() => resolver.cancel(), LONGEST_MS);
  await Promise.all(Array.from({ length: Math.min(concurrency, MOST_IN_FLIGHT) }, askOnAndOn));
  clearTimeout(deadline);
  const seconds = Math.max(1, lastAnswerAt - startedAt) / 1000;
  waits.sort((a, b) => a - b);
  return {
    server,
    asked,
    answered: waits.length,
    perSecond: waits.length / seconds,
    medianMs: waits[Math.floor(waits.length / 2)] ?? 0,
    failure,
  };
}

/** Null for an answer, whether it is that there is such a name or that there is none. */
async function questionFailure(resolver: dnsPromises.Resolver, name: string): Promise<string | null> {
  try {
    await resolver.resolve4(name);
    return null;
  } catch (error) {
    const code = errorCode(error) ?? String(error);
    return code === 'ENOTFOUND' || code === 'ENODATA' ? null : code;
  }
}
