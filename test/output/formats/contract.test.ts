import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { SampleKey } from '../../../src/core/samples.ts';
import { FORMATS } from '../../../src/output/formats/formats.ts';
import type { Member } from '../../../src/output/formats/sample-sink.ts';
import { type StoredSample, storedSamples } from '../../../src/output/read/stored-samples.ts';
import { openStore } from '../../../src/output/store/open-store.ts';
import { shardFileName } from '../../../src/shards/files.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { JPEG } from '../samples.ts';

const SAMPLES: readonly (readonly [key: string, members: readonly Member[]])[] = [
  ['000000000', [member('jpg', JPEG), member('json', Buffer.from('{}')), member('txt', Buffer.from('été'))]],
  [
    '000000002',
    [member('json', Buffer.from('{"a":1}')), member('txt', Buffer.alloc(0)), member('webp', JPEG)],
  ],
  ['000000003', [member('jpg', Buffer.alloc(1_500_000, 7)), member('json', Buffer.from('[]'))]],
];

function member(extension: string, bytes: Uint8Array): Member {
  return { extension, bytes };
}

/** Every format that has samples. A new one joins by its line in src/output/formats/formats.ts. */
const formats = Object.entries(FORMATS).flatMap(([name, format]) =>
  format === null ? [] : [{ name, format }],
);

describe.each(formats)('the format $name', ({ format }) => {
  const name = shardFileName('00000', format.kind);

  async function writeSamples(folder: string) {
    const transaction = await openStore(folder).begin('new', 0);
    const sink = await format.open(transaction, name);
    const files: string[] = [];
    for (const [key, members] of SAMPLES) {
      files.push(...(await sink.add(key as SampleKey, members)).map((file) => file.name));
    }
    const digest = await sink.finish();
    const marker = await transaction.createFile('00000_stats.json');
    await marker.finish();
    await transaction.commit('00000_stats.json');
    return { files, digest };
  }

  async function readSamples(folder: string) {
    const digests = new Map<string, string>();
    const findings: string[] = [];
    const samples: StoredSample[] = [];
    const stored = storedSamples(openStore(folder), format.kind, name, {
      images: true,
      onSha256: (file, sha256) => digests.set(file, sha256),
      onProblem: (finding) => findings.push(finding),
    });
    for await (const sample of stored) samples.push(sample);
    return { digests, findings, samples };
  }

  test('returns every member of every sample in order, and its reader reports no problem', async () => {
    const folder = await useTempFolder();
    await writeSamples(folder);
    const { samples, findings } = await readSamples(folder);
    expect(findings).toEqual([]);
    expect(samples.map(({ key }) => key)).toEqual(SAMPLES.map(([key]) => key));
    for (const [at, [, members]] of SAMPLES.entries()) {
      const read = samples[at]?.members ?? [];
      expect(read.map(({ extension }) => extension)).toEqual(members.map(({ extension }) => extension));
      for (const [each, { bytes }] of members.entries()) {
        expect(Buffer.compare(read[each]?.content ?? Buffer.alloc(0), bytes)).toBe(0);
      }
    }
  });

  test('reports the digest of one file, or each of its files by name', async () => {
    const folder = await useTempFolder();
    const { files, digest } = await writeSamples(folder);
    const { digests } = await readSamples(folder);
    if (digest === null) {
      expect([...digests.keys()].sort()).toEqual(files.map((file) => `${name}/${file}`).sort());
    } else {
      expect(files).toEqual([]);
      expect([...digests]).toEqual([[name, digest.sha256]]);
      expect((await readFile(join(folder, name))).length).toBe(digest.bytes);
    }
  });

  test('writes the same bytes for the same samples', async () => {
    const folders = [await useTempFolder(), await useTempFolder()];
    for (const folder of folders) await writeSamples(folder);
    const [one, other] = await Promise.all(folders.map(readSamples));
    expect(one?.digests).toEqual(other?.digests);
  });

  test('leaves nothing behind when its transaction is discarded', async () => {
    const store = openStore(await useTempFolder());
    const transaction = await store.begin('new', 0);
    const sink = await format.open(transaction, name);
    for (const [key, members] of SAMPLES) await sink.add(key as SampleKey, members);
    await transaction.discard();
    expect(await store.leftovers()).toEqual([]);
    expect((await store.list())?.map((entry) => entry.name)).toEqual(['.laion-fetch']);
  });
});
