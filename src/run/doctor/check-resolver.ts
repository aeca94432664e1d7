import type { Options } from '../../config/resolve.ts';
import {
  probeResolver,
  type ResolverFigures,
  systemNameServers,
} from '../../fetch/connect/probe-resolver.ts';
import { formatCount, formatDuration, plural } from '../../util/text/units.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

const NAME = 'name server';
/** Look-ups a second. Below that, name servers, not the network, limit most runs. */
const LEAST_PER_SECOND = 500;
/** Look-ups a second for each concurrent request. A few requests never need more. */
const LEAST_PER_REQUEST = 2;
const MOST_UNANSWERED = 0.02;
/** New hosts for each row of a LAION index. */
const NEW_HOSTS_PER_URL = 0.45;

const FAILURES: ReadonlyMap<string, string> = new Map([
  ['ETIMEOUT', 'no answer in time'],
  ['ECANCELLED', 'no answer in time'],
  ['ECONNREFUSED', 'nothing listens there'],
  ['ESERVFAIL', 'it answers SERVFAIL'],
  ['EREFUSED', 'it answers REFUSED'],
]);

/** Measures the name servers one after the other, so that they do not compete for bandwidth. */
export async function checkResolvers({ resolver, concurrency }: Options): Promise<Finding[]> {
  const figures: ResolverFigures[] = [];
  for (const server of resolver.length > 0 ? resolver : systemNameServers()) {
    figures.push(await probeResolver(server, concurrency));
  }
  return judgeResolvers(figures, concurrency);
}

/** One finding for each name server. A dead one is a failure only if no other responds. */
export function judgeResolvers(all: readonly ResolverFigures[], concurrency: number): Finding[] {
  if (all.length === 0) return [fail(NAME, 'the system has none configured', 'name one with --resolver')];
  const someAnswer = all.some(({ answered }) => answered > 0);
  const leastPerSecond = Math.min(LEAST_PER_SECOND, LEAST_PER_REQUEST * concurrency);
  return all.map((figures) => judgeResolver(figures, { someAnswer, leastPerSecond }));
}

function judgeResolver(
  figures: ResolverFigures,
  { someAnswer, leastPerSecond }: { readonly someAnswer: boolean; readonly leastPerSecond: number },
): Finding {
  const { server, asked, answered, perSecond, medianMs, failure } = figures;
  const reason = failure === null ? '' : ` (${FAILURES.get(failure) ?? failure})`;
  if (answered === 0) {
    const found = `${server}: none of ${plural(asked, 'question')} answered${reason}`;
    return someAnswer
      ? warn(NAME, found, 'remove it from the list: look-ups wait for it before they try another')
      : fail(NAME, found, 'check its address and the firewall, or name another one with --resolver');
  }
  const unanswered = 1 - answered / asked;
  const share = unanswered === 0 ? 'all' : `${((1 - unanswered) * 100).toFixed(1)} %`;
  const urls = formatCount(Math.floor(perSecond / NEW_HOSTS_PER_URL));
  const found = [
    `${server}: ${share} of ${plural(asked, 'question')} answered${reason}`,
    `${formatCount(Math.round(perSecond))} a second`,
    `median wait ${formatDuration(medianMs)}`,
    `enough for ${urls} URLs per second at most`,
  ].join(', ');
  return unanswered > MOST_UNANSWERED || perSecond < leastPerSecond
    ? warn(
        NAME,
        found,
        'run a caching name server on this machine and name it with --resolver, or lower --concurrency',
      )
    : ok(NAME, found);
}
