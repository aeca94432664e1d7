import { randomUUID } from 'node:crypto';
import { promises as dnsPromises } from 'node:dns';
import { errorCode } from '../../util/files/errno.ts';

/** How a name server performed under a burst of questions. */
export interface ResolverFigures {
  /** `address` or `address:port`. */
  readonly server: string;
  readonly asked: number;
  /** Questions that it answered; "there is no such name" is an answer, too. */
  readonly answered: number;
  /** Answers a second, up to the last one. */
  readonly perSecond: number;
  /** Median wait for an answer in milliseconds; 0 without any answer. */
  readonly medianMs: number;
  /** c-ares' code for the last question without an answer, such as `ESERVFAIL`; null if all were answered. */
  readonly failure: string | null;
}

const QUESTIONS = 512;
/** As many as a run has under way at most. */
const MOST_IN_FLIGHT = 256;
/** After this time no new question starts; the rest of the time is for those in flight. */
const ASKING_MS = 1_000;
const LONGEST_MS = 2_000;

/** The name servers of the system; an address includes its port if that is not 53. */
export function systemNameServers(): readonly string[] {
  return new dnsPromises.Resolver().getServers();
}

/**
 * Asks one name server for new names, each once, as many at a time as a run with `concurrency` requests, for two seconds
 * at most. The names are below `.invalid` (RFC 6761), so that every answer is "no such name" and comes from nearby.
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

  async function askRepeatedly(): Promise<void> {
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

  // c-ares adapts its timeouts to earlier answers, and they may be longer than the one we set.
  const deadline = setTimeout(() => resolver.cancel(), LONGEST_MS);
  await Promise.all(Array.from({ length: Math.min(concurrency, MOST_IN_FLIGHT) }, askRepeatedly));
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

/** The code of the failure; null for an answer, even if it is that there is no such name. */
async function questionFailure(resolver: dnsPromises.Resolver, name: string): Promise<string | null> {
  try {
    await resolver.resolve4(name);
    return null;
  } catch (error) {
    const code = errorCode(error) ?? String(error);
    return code === 'ENOTFOUND' || code === 'ENODATA' ? null : code;
  }
}
