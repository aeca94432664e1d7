import { createHash } from 'node:crypto';
import type { RightsPolicy } from '../../core/rights/policies.ts';
import type { RightsSignal } from '../../core/rights/signal.ts';
import type { HostRecord } from '../../fetch/hosts/host-record.ts';
import { openStore } from '../../output/store/open-store.ts';
import type { Store } from '../../output/store/store.ts';

/** Bodies of robots.txt and its like, one a line, each body once: what the records of samples name by digest. */
const EVIDENCE = '.laion-fetch/rights-evidence.jsonl';
/** What comes after so many bytes is not kept. */
const MAX_BYTES = 64 * 2 ** 20;

/** Adds the files that a run has asked hosts for to the evidence of a dataset. */
export async function addEvidence(output: string, hosts: readonly HostRecord[]): Promise<void> {
  const store = openStore(output);
  const before = (await store.read(EVIDENCE))?.toString('utf8') ?? '';
  const known = new Set([...before.matchAll(/^\{"sha256":"([0-9a-f]{64})"/gm)].map(([, digest]) => digest));
  // A crash may have torn the last line.
  const kept = before === '' || before.endsWith('\n') ? before : `${before}\n`;
  let text = kept;
  for (const { origin, file, url, at, body } of hosts.flatMap(({ files = [] }) => files)) {
    if (body === null || text.length > MAX_BYTES) continue;
    const sha256 = createHash('sha256').update(body, 'latin1').digest('hex');
    if (known.has(sha256)) continue;
    known.add(sha256);
    const fetched = new Date(at).toISOString();
    text += `${JSON.stringify({ sha256, origin, file, url, fetched, body })}\n`;
  }
  if (text !== kept) await store.write(EVIDENCE, text);
}

/** What a recheck has found about a sample. */
export interface Finding {
  /** When its owner was asked. */
  readonly recheck: string;
  readonly shard: string;
  readonly key: string;
  readonly url: string | null;
  readonly policy: RightsPolicy;
  /** `mechanism:raw text` of the signal that refuses it. */
  readonly reason: string;
  readonly signals: readonly RightsSignal[];
  /** Whether it was to be taken out. */
  readonly removed: boolean;
}

/** What a recheck finds, as it goes along. */
export class FindingLog {
  readonly #store: Store;
  #bytes: number;

  private constructor(store: Store, bytes: number) {
    this.#store = store;
    this.#bytes = bytes;
  }

  static async open(output: string): Promise<FindingLog> {
    const store = openStore(output);
    return new FindingLog(store, (await store.size(EVIDENCE)) ?? 0);
  }

  /** Adds what was found, before any sample is taken out. Calls must not overlap. */
  async add(findings: readonly Finding[]): Promise<void> {
    let text = '';
    for (const finding of findings) {
      if (this.#bytes + text.length > MAX_BYTES) break;
      text += `${JSON.stringify(finding)}\n`;
    }
    this.#bytes += text.length;
    if (text !== '') await this.#store.append(EVIDENCE, text);
  }

  close(): Promise<void> {
    return this.#store.closeLog(EVIDENCE);
  }
}

/** Adds the evidence of datasets that were merged to that of the merged one, each body once. */
export async function mergeEvidence(output: string, sources: readonly string[]): Promise<void> {
  const lines = new Set<string>();
  for (const source of [output, ...sources]) {
    const text = (await openStore(source).readLog(EVIDENCE))?.toString('utf8') ?? '';
    for (const line of text.split('\n')) if (line !== '') lines.add(line);
  }
  if (lines.size > 0) await openStore(output).write(EVIDENCE, `${[...lines].join('\n')}\n`);
}
