import { createHash } from 'node:crypto';
import type { RightsPolicy } from '../../core/rights/policies.ts';
import type { HostRecord } from '../../fetch/hosts/host-record.ts';
import { openStore } from '../../output/store/open-store.ts';

import type { DeniedSample } from '../rights/denied-samples.ts';

/** Bodies of robots.txt and its like, one a line, each body once: what the records of samples name by digest. */
const EVIDENCE = '.laion-fetch/rights-evidence.jsonl';
/** What comes after so many bytes is not kept. */
const MAX_BYTES = 64 * 2 ** 20;

/** Adds the files that a run has asked hosts for to the evidence of a dataset. */
export async function addEvidence(output: string, hosts: readonly HostRecord[]): Promise<void> {
  const store = openStore(output);
  const before = (await store.read(EVIDENCE))?.toString('utf8') ?? '';
  const known = new Set([...before.matchAll(/^\{"sha256":"([0-9a-f]{64})"/gm)].map(([, digest]) => digest));
  let text = before;
  for (const { origin, file, url, at, body } of hosts.flatMap(({ files = [] }) => files)) {
    if (body === null || text.length > MAX_BYTES) continue;
    const sha256 = createHash('sha256').update(body, 'latin1').digest('hex');
    if (known.has(sha256)) continue;
    known.add(sha256);
    const fetched = new Date(at).toISOString();
    text += `${JSON.stringify({ sha256, origin, file, url, fetched, body })}\n`;
  }
  if (text !== before) await store.write(EVIDENCE, text);
}

/** Adds what a recheck has found about samples, whether or not these are taken out. */
export async function addFindings(
  output: string,
  denied: readonly DeniedSample[],
  { policy, removes }: { readonly policy: RightsPolicy; readonly removes: boolean },
): Promise<void> {
  const store = openStore(output);
  let text = (await store.read(EVIDENCE))?.toString('utf8') ?? '';
  for (const { shard, key, row, fetch, by, signals } of denied) {
    if (text.length > MAX_BYTES) break;
    const asked = new Date(fetch.fetchedAt ?? Date.now()).toISOString();
    const found = { recheck: asked, shard, key, url: row.url, policy, reason: `${by.mechanism}:${by.raw}` };
    text += `${JSON.stringify({ ...found, signals, removed: removes })}\n`;
  }
  await store.write(EVIDENCE, text);
}

/** Adds the evidence of datasets that were merged to that of the merged one, each body once. */
export async function mergeEvidence(output: string, sources: readonly string[]): Promise<void> {
  const lines = new Set<string>();
  for (const source of [output, ...sources]) {
    const text = (await openStore(source).read(EVIDENCE))?.toString('utf8') ?? '';
    for (const line of text.split('\n')) if (line !== '') lines.add(line);
  }
  if (lines.size > 0) await openStore(output).write(EVIDENCE, `${[...lines].join('\n')}\n`);
}
