import { sha256Of } from '../checksums/sha256-of.ts';
import type { Store } from '../store/store.ts';

const NAME = '.laion-fetch/attribution.json';

type Counts = readonly (readonly [name: string, rows: number])[];

/** What the card tells of the rights in a dataset beyond its statistics, as the command `attribution` found it. */
export interface AttributionFacts {
  readonly images: number;
  /** Images whose licence is known, and whose creator. */
  readonly licensed: number;
  readonly credited: number;
  /** Images by licence and by creator, and denied rows by mechanism and by host: the commonest first. */
  readonly licences: Counts;
  readonly creators: Counts;
  readonly mechanisms: Counts;
  readonly hosts: Counts;
  /** Digests of the files that the command wrote, by name. */
  readonly files: Readonly<Record<string, string>>;
}

export async function writeAttributionFacts(store: Store, facts: AttributionFacts): Promise<void> {
  const text = `${JSON.stringify({ format: 1, ...facts }, null, 2)}\n`;
  if ((await store.read(NAME))?.toString('utf8') !== text) await store.write(NAME, text);
}

/** Null if `attribution` was never called, or if the file is damaged: then the card says less. */
export async function readAttributionFacts(store: Store): Promise<AttributionFacts | null> {
  const text = (await store.read(NAME))?.toString('utf8');
  if (text === undefined) return null;
  try {
    const facts = JSON.parse(text) as AttributionFacts & { readonly format: number };
    const lists = [facts.licences, facts.creators, facts.mechanisms, facts.hosts];
    return facts.format === 1 && lists.every(Array.isArray) ? facts : null;
  } catch {
    return null;
  }
}

/** The files that `attribution` wrote and somebody has edited since; null if it was never called. */
export async function editedAttribution(store: Store): Promise<readonly string[] | null> {
  const facts = await readAttributionFacts(store);
  if (facts === null) return null;
  const edited: string[] = [];
  for (const [name, digest] of Object.entries(facts.files)) {
    const isThere = (await store.size(name)) !== null;
    if (isThere && (await sha256Of(store, name)) !== digest) edited.push(name);
  }
  return edited;
}

/** Removes the files that `attribution` wrote, unless somebody has edited them: they list images of this dataset. */
export async function removeAttribution(store: Store): Promise<void> {
  const facts = await readAttributionFacts(store);
  for (const [name, digest] of Object.entries(facts?.files ?? {})) {
    const isThere = (await store.size(name)) !== null;
    if (isThere && (await sha256Of(store, name)) === digest) await store.remove([name]);
  }
}
