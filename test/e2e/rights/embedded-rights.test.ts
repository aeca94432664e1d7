import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  c2paStore,
  FORMATS,
  imageWith,
  plainImage,
  withC2pa,
  xmp,
} from '../../image/embedded/metadata-bytes.ts';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli } from '../../support/command/cli.ts';
import { listTar, readMetadata } from '../../support/command/read-dataset.ts';

const TOOLS = new URL('../../../fixtures/rights/', import.meta.url);

test('images whose metadata refuse training are not kept, unless the policy only records', async () => {
  const packet = xmp('plus:DataMining="http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED"');
  const store = c2paStore('c2pa.training-mining', { entries: { 'c2pa.ai_training': { use: 'notAllowed' } } });
  const made = await Promise.all(
    FORMATS.flatMap((format) => [
      imageWith(format, packet),
      plainImage(format).then((image) => withC2pa(format, image, store)),
      plainImage(format),
    ]),
  );
  // By independent tools; see fixtures/README.md.
  const names = readdirSync(TOOLS).sort();
  const images = [...made, ...names.map((name) => readFileSync(new URL(name, TOOLS)))];
  const byTools = names.map((name) =>
    name.includes('-allowed') ? 'success' : name.startsWith('exiftool') ? 'optout_metadata' : 'optout_c2pa',
  );
  expect(byTools).toHaveLength(14);
  const paths = images.map(
    (bytes, at) => [`/${at}`, { body: { base64: bytes.toString('base64') } }] as const,
  );
  const { box, folder, output, reach, writeIndex } = await useWeb({
    hosts: { 'a.example': { paths: Object.fromEntries(paths) } },
  });
  const index = await writeIndex(images.map((_, at) => [box.url('a.example', `/${at}`), '']));
  const ends = async (place: string) =>
    (await readMetadata(place)).map((row) => row['failure_code'] ?? row['status']);

  expect((await runCli([index, '--output', output, ...reach])).code).toBe(0);
  expect(await ends(output)).toEqual([
    ...FORMATS.flatMap(() => ['optout_metadata', 'optout_c2pa', 'success']),
    ...byTools,
  ]);
  const kept = listTar(`${output}/00000.tar`).filter((name) => name.endsWith('.jpg'));
  expect(kept).toHaveLength(FORMATS.length + 2);

  const recorded = `${folder}/recorded`;
  expect((await runCli([index, '--output', recorded, '--rights', 'record', ...reach])).code).toBe(0);
  expect(new Set(await ends(recorded))).toEqual(new Set(['success']));

  // Originals are not decoded, but looked into.
  const original = `${folder}/original`;
  const flags = ['--disable-all-reencoding', '--encode-format', 'original'];
  expect((await runCli([index, '--output', original, ...flags, ...reach])).code).toBe(0);
  expect(await ends(original)).toEqual(await ends(output));
});
