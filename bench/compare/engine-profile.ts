import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The parts of the engine's work. */
export const ENGINE_PARTS = [
  'start',
  'index',
  'fetch',
  'transfer',
  'hash',
  'write',
  'run',
  'collection',
  'rest',
] as const;
export type EnginePart = (typeof ENGINE_PARTS)[number];

/** The fields that are read from V8's CPU profiles. */
interface Profile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string };
  readonly children?: readonly number[];
}

/** The first pattern that matches names the part. A frame without a match belongs to its caller. */
const PLACES: readonly (readonly [EnginePart, RegExp])[] = [
  ['start', /internal\/modules|internal\/bootstrap/],
  ['hash', /internal\/crypto\/hash/],
  ['index', /\/dist\/inputs\/|@duckdb|apache-arrow/],
  ['transfer', /\/dist\/image\/|internal\/child_process/],
  ['fetch', /\/dist\/fetch\/|\/undici\//],
  ['write', /\/dist\/output\/|hyparquet|tar-stream|streamx|internal\/fs\/|node:fs/],
  ['run', /\/dist\/(run|report|cli|core|shards|config)\//],
  ['fetch', /node:(net|tls|_tls_wrap|dgram|internal\/dns|internal\/stream_base_commons)/],
];
const NAMED: Readonly<Record<string, EnginePart | null>> = {
  '(idle)': null,
  '(garbage collector)': 'collection',
  '(program)': 'rest',
};

/** Milliseconds that the engine spent on each part, from the profiles in the folder: one per thread. */
export async function readEngineProfile(folder: string): Promise<Record<EnginePart, number>> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.cpuprofile'));
  if (files.length === 0) throw new Error(`Cannot find the engine's CPU profiles in ${folder}`);
  const ofThreads = await Promise.all(
    files.map(async (file) => partTimes(JSON.parse(await readFile(join(folder, file), 'utf8')))),
  );
  const sum = (part: EnginePart) => ofThreads.reduce((total, times) => total + times[part], 0);
  return Object.fromEntries(ENGINE_PARTS.map((part) => [part, sum(part)])) as Record<EnginePart, number>;
}

export function partTimes({ nodes, samples, timeDeltas }: Profile): Record<EnginePart, number> {
  const partOf = new Map<number, EnginePart | null>();
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const visit = (id: number, inherited: EnginePart): void => {
    const node = byId.get(id);
    if (node === undefined) return;
    const { functionName, url } = node.callFrame;
    const named = NAMED[functionName];
    const own = PLACES.find(([, pattern]) => pattern.test(url))?.[0];
    partOf.set(id, named === undefined ? (own ?? inherited) : named);
    for (const child of node.children ?? []) visit(child, own ?? inherited);
  };
  const [root] = nodes;
  if (root !== undefined) visit(root.id, 'rest');
  const times = Object.fromEntries(ENGINE_PARTS.map((part) => [part, 0])) as Record<EnginePart, number>;
  for (const [index, id] of samples.entries()) {
    const part = partOf.get(id) ?? null;
    if (part !== null) times[part] += (timeDeltas[index] ?? 0) / 1000;
  }
  return times;
}
