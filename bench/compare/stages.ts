import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { measureDecoderStages } from './decoder-stages.ts';
import { ENGINE_PARTS, type EnginePart, readEngineProfile } from './engine-profile.ts';
import { type Bench, measure } from './measure.ts';
import { markdown } from './table.ts';
import type { Workload } from './workloads.ts';

const WORDS: Readonly<Record<EnginePart, string>> = {
  start: 'start: loading modules',
  index: 'reading the index',
  fetch: 'fetch: hosts, connections, HTTP',
  transfer: 'transfer to and from decoders',
  hash: 'hash',
  write: 'write: spool, JSON, tar, Parquet',
  run: 'rows, events, progress',
  collection: 'garbage collection',
  rest: 'native code and the rest',
};

/** Where laion-fetch spends its CPU time on a workload, as a table in Markdown; see bench/README.md. */
export async function stagesTable(workload: Workload, rows: number, bench: Bench): Promise<string> {
  const folder = join(dirname(bench.scratch), 'profile');
  const profiled = { ...bench, nodeFlags: ['--cpu-prof', '--cpu-prof-dir', folder] };
  const run = await measure('laion-fetch', workload, rows, profiled);
  const times = await readEngineProfile(folder);
  await rm(folder, { recursive: true });
  const decoder = await measureDecoderStages(dirname(bench.scratch), bench.files, bench.signal);
  const engineMs = ((run.rootCpuSeconds ?? 0) * 1000) / rows;
  const busy = ENGINE_PARTS.reduce((sum, part) => sum + times[part], 0);
  const inDecoders: Partial<Record<EnginePart, number>> = {
    transfer: decoder.transfer,
    hash: decoder.hash,
  };
  const ms = (value: number | undefined) => (value === undefined ? '' : value.toFixed(2));
  return markdown(
    ['part of the work', 'engine, CPU ms per image', 'decoders, CPU ms per image'],
    [
      ...ENGINE_PARTS.map((part) => [WORDS[part], ms((engineMs * times[part]) / busy), ms(inDecoders[part])]),
      ['decode, resize, encode', '', ms(decoder.image)],
      ['sum', ms(engineMs), ms(decoder.transfer + decoder.hash + decoder.image)],
      ['*whole run, including start and end*', ms(((run.cpuSeconds ?? 0) * 1000) / rows), ''],
    ],
  );
}
