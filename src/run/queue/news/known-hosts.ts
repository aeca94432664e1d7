import type { BrokerRun, ReadNewsItem } from '../../../broker/interface/broker.ts';
import type { Closure } from '../../../fetch/hosts/host-record.ts';
import { readSaid, type Said } from './news-text.ts';

/** What the machines of a run know of a host that is closed, paused or slow. */
export interface KnownHost {
  readonly host: string;
  /** Why it is left alone, for how many seconds at most, and how many machines say so; null while it is not closed. */
  readonly closed:
    | (Pick<Closure, 'code' | 'cause'> & { readonly seconds: number; readonly machines: number })
    | null;
  /** The status with which it has asked for a pause of so many seconds more; null without one. */
  readonly paused: { readonly status: number; readonly seconds: number } | null;
  /** Requests of all machines together, learnt from refusals; null without such a limit. */
  readonly requestsPerSecond: number | null;
}

/** The hosts of which machines have told each other, those that are left alone first. */
export async function knownHosts(run: Pick<BrokerRun, 'passNews'>): Promise<KnownHost[]> {
  const byHost = new Map<string, ReadNewsItem[]>();
  for (const item of await readAll(run)) byHost.set(item.host, [...(byHost.get(item.host) ?? []), item]);
  const known = [...byHost].map(([host, items]) => describe(host, items));
  return known.filter(holds).sort((a, b) => secondsOf(b) - secondsOf(a));
}

async function readAll(run: Pick<BrokerRun, 'passNews'>): Promise<ReadNewsItem[]> {
  const all: ReadNewsItem[] = [];
  let since = 0;
  for (let hasMore = true; hasMore; ) {
    const news = await run.passNews({ machine: 'status', since, items: [] });
    all.push(...news.read);
    ({ until: since, hasMore } = news);
  }
  return all;
}

function describe(host: string, items: readonly ReadNewsItem[]): KnownHost {
  const said = items.flatMap(({ text, ageMs }) => {
    const each = readSaid(text);
    return each === null ? [] : [{ ...each, ageMs }];
  });
  const closures = holding(said, 'closed');
  const [closed] = closures;
  const [paused] = holding(said, 'paused');
  const intervalMs = Math.max(0, ...said.map((each) => each.intervalMs ?? 0));
  return {
    host,
    closed:
      closed === undefined
        ? null
        : { code: closed.code, cause: closed.cause, seconds: closed.seconds, machines: closures.length },
    paused: paused === undefined ? null : { status: paused.status, seconds: paused.seconds },
    requestsPerSecond: intervalMs === 0 ? null : 1000 / intervalMs,
  };
}

/** Those that are not over, the longest first. */
function holding<K extends 'closed' | 'paused'>(
  said: readonly (Said & { readonly ageMs: number })[],
  kind: K,
) {
  return said
    .flatMap(({ [kind]: each, ageMs }) =>
      each === undefined ? [] : [{ ...each, seconds: Math.ceil((each.forMs - ageMs) / 1000) }],
    )
    .filter(({ seconds }) => seconds > 0)
    .sort((a, b) => b.seconds - a.seconds);
}

const holds = ({ closed, paused, requestsPerSecond }: KnownHost): boolean =>
  closed !== null || paused !== null || requestsPerSecond !== null;

const secondsOf = ({ closed, paused }: KnownHost): number =>
  Math.max(closed?.seconds ?? 0, paused?.seconds ?? 0);
