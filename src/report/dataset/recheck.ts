import type { Recheck } from '../../run/rights/recheck.ts';
import { redactUrl } from '../../util/text/redact-url.ts';
import { terminalJson } from '../../util/text/terminal-json.ts';
import { sanitizeText } from '../../util/text/terminal-text.ts';
import { plural } from '../../util/text/units.ts';
import { rightsCountLines } from './rights-counts.ts';

/** Hosts and samples of the tables; the JSON has up to a thousand. */
const [MAX_HOSTS, MAX_SAMPLES] = [20, 10];

/** The tables at the end of a recheck. */
export function recheckText(found: Recheck): string {
  const { output, samples, granted, denied, removed, shardsRewritten, mechanisms, hosts, examples } = found;
  const unknown = [...found.unknown].sort(([, one], [, other]) => other - one);
  const without = unknown.reduce((sum, [, count]) => sum + count, 0);
  const asked = granted + denied + without;
  const taken = `${plural(removed, 'sample')} taken out of ${plural(shardsRewritten, 'shard')}`;
  const lines = [
    `${output}: ${denied} of ${plural(samples, 'sample')} denied by their owners since; ${granted} granted, ${without} without an answer`,
    ...(found.interrupted ? [`interrupted after ${asked} samples; the same command asks for the rest`] : []),
    removed > 0 || denied === 0 ? taken : 'nothing taken out; add --remove to take these samples out',
    ...rightsCountLines('Denied samples by mechanism', mechanisms),
    ...rightsCountLines('Denied samples by host', hosts.slice(0, MAX_HOSTS)),
    ...(examples.length === 0 ? [] : ['', 'Denied samples:']),
    ...examples
      .slice(0, MAX_SAMPLES)
      .map(({ key, row, by }) => `  ${key}  ${redactUrl(row.url ?? '')}  ${by.mechanism}: ${by.raw}`),
    ...(denied > MAX_SAMPLES
      ? [`  and ${denied - MAX_SAMPLES} more in .laion-fetch/rights-evidence.jsonl`]
      : []),
    ...rightsCountLines(
      'Without an answer, and so left as they are',
      unknown.map(([name, rows]) => ({ name, rows, example: '' })),
    ),
  ];
  return lines.map((line) => `${sanitizeText(line, 4000)}\n`).join('');
}

/** The same as one JSON document. */
export function recheckJson(found: Recheck): string {
  const { output, policy, samples, granted, denied, unknown, mechanisms, hosts, examples } = found;
  return terminalJson({
    ...{ output, interrupted: found.interrupted, policy, samples, granted, denied },
    unknown: Object.fromEntries(unknown),
    removed: found.removed,
    shards_rewritten: found.shardsRewritten,
    mechanisms,
    hosts,
    denied_samples: examples.map(({ shard, key, row, by }) => ({
      ...{
        shard,
        key,
        url: redactUrl(row.url ?? ''),
        mechanism: by.mechanism,
        raw: by.raw,
        source: by.source,
      },
    })),
    seconds: found.seconds,
  });
}
