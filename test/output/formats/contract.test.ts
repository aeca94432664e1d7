import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { OUTPUT_FORMATS } from '../../../src/core/choices.ts';
import type { SampleKey, Success } from '../../../src/core/samples.ts';
import { sampleFormat } from '../../../src/output/formats/formats.ts';
import { openSink } from '../../../src/output/formats/open-sink.ts';
import { type KeyedSample, sampleFields } from '../../../src/output/metadata/fields.ts';
import { type StoredSample, storedSamples } from '../../../src/output/read/stored-samples.ts';
import { openStore } from '../../../src/output/store/open-store.ts';
import { shardFileName } from '../../../src/shards/files.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { row, SHAPE, success } from '../samples.ts';

const FIELDS = sampleFields(SHAPE);

/** Samples with captions that are missing, empty and not ASCII, one of them larger than any buffer. */
const SAMPLES: readonly (KeyedSample & { readonly key: SampleKey; readonly result: Success })[] = [
  sample('000000000', success(), 'été'),
  sample('000000002', success({ extension: 'webp', exif: null }), null),
  sample('000000003', success({ bytes: Buffer.alloc(1_500_000, 7) }), ''),
];

function sample(key: string, result: Success, caption: string | null) {
  return { key: key as SampleKey, row: row({ caption }), result };
}

/** Every format whose samples have a file of their own. A new one joins by its line in src/output/formats/formats.ts. */
const formats = OUTPUT_FORMATS.flatMap((name) => {
  const format = sampleFormat(name);
  return format === null ? [] : [{ name, format }];
});

describe.each(formats)('the format $name', ({ format }) => {
  const name = shardFileName('00000', format.kind);

  async function writeSamples(folder: string) {
    const transaction = await openStore(folder).begin('new', 0);
    const sink = await format.open(transaction, name, SHAPE);
    const files: string[] = [];
    for (const each of SAMPLES) {
      const members = format.compose(SHAPE, FIELDS, each, each.result.image);
      files.push(...(await sink.add(each.key, members)).map((file) => file.name));
    }
    const [digest = null] = Object.values(await sink.finish());
    const marker = await transaction.createFile('00000_stats.json');
    await marker.finish();
    await transaction.commit('00000_stats.json');
    return { files, digest };
  }

  async function readSamples(folder: string) {
    const digests = new Map<string, string>();
    const findings: string[] = [];
    const samples: StoredSample[] = [];
    const stored = storedSamples(openStore(folder), format.kind, [name], {
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
    expect(samples.map(({ key }) => key)).toEqual(SAMPLES.map(({ key }) => key));
    for (const [at, each] of SAMPLES.entries()) {
      const read = samples[at];
      if (read === undefined) throw new Error('a sample is missing');
      const { image } = each.result;
      const composed = format.compose(SHAPE, FIELDS, each, image);
      const unchanged = read.record === undefined ? read.members : [{ content: read.record.bytes }];
      expect(unchanged).toHaveLength(composed.length);
      for (const { bytes } of composed)
        expect(unchanged.some(({ content }) => Buffer.compare(content, bytes) === 0)).toBe(true);
      const contents = read.members.map(({ content }) => Buffer.from(content));
      expect(contents.some((content) => content.equals(image.bytes))).toBe(true);
      const text = read.members.find(({ extension }) => extension === 'txt')?.content;
      expect(Buffer.from(text ?? 'none').toString()).toBe(each.row.caption ?? '');
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
    const sink = await format.open(transaction, name, SHAPE);
    for (const each of SAMPLES) {
      await sink.add(each.key, format.compose(SHAPE, FIELDS, each, each.result.image));
    }
    await transaction.discard();
    expect(await store.leftovers()).toEqual([]);
    expect((await store.list())?.map((entry) => entry.name)).toEqual(['.laion-fetch']);
  });
});

describe.each(formats.filter(({ format }) => format.kind !== 'folder'))(
  'the format $name in files of limited size',
  ({ format }) => {
    const many = Array.from({ length: 40 }, (_, at) => {
      const bytes = Buffer.alloc(at === 17 ? 200_000 : 997 * (at % 7), at);
      return sample(String(at).padStart(9, '0'), success({ bytes }), `caption ${at}`);
    });

    async function write(maxShardBytes: number) {
      const folder = await useTempFolder();
      const transaction = await openStore(folder).begin('new', 0);
      const sink = await openSink(format, transaction, '00000', { ...SHAPE, maxShardBytes });
      for (const each of many)
        await sink.add(each.key, format.compose(SHAPE, FIELDS, each, each.result.image));
      const files = await sink.finish();
      await (await transaction.createFile('00000_stats.json')).finish();
      await transaction.commit('00000_stats.json');
      return { folder, files };
    }

    test('none is larger than the limit but one of a single sample; they hold all samples in order', async () => {
      const limit = 25_000;
      const { folder, files } = await write(limit);
      const names = Object.keys(files);
      expect(names).toEqual(names.map((_, part) => shardFileName('00000', format.kind, part)));
      expect(names.length).toBeGreaterThan(4);
      for (const { bytes, samples } of Object.values(files))
        expect(bytes <= limit || samples === 1, `${bytes}`).toBe(true);
      const sizes = Object.values(files).map(({ bytes }) => bytes);
      expect(sizes.filter((bytes) => bytes > limit)).toHaveLength(1);
      const keys: string[] = [];
      const read = storedSamples(openStore(folder), format.kind, names, {
        images: false,
        onSha256: (name, sha256) => expect(files[name]?.sha256).toBe(sha256),
        onProblem: (problem) => expect.fail(problem),
      });
      for await (const { key } of read) keys.push(key);
      expect(keys).toEqual(many.map(({ key }) => key));
      expect(Object.values(files).reduce((sum, { samples = 0 }) => sum + samples, 0)).toBe(many.length);
    });

    test('a limit that is not reached changes nothing', async () => {
      const [limited, unlimited] = [await write(10_000_000), await write(Number.MAX_SAFE_INTEGER)];
      expect(limited.files).toEqual(unlimited.files);
      expect(Object.keys(limited.files)).toHaveLength(1);
      expect(Object.values(limited.files)[0]).not.toHaveProperty('samples');
    });
  },
);
