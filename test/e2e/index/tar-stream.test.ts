import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { useWeb, type Web } from '../../support/box/use-web.ts';
import { inBash } from '../../support/command/bash.ts';

const IMAGE = { body: { fixture: 'images/landscape.jpg' } } as const;

async function useRows(): Promise<Web> {
  const slow = { paths: { '*': { ...IMAGE, delayMs: 800 } } };
  const web = await useWeb({
    hosts: { '*': { paths: { '*': IMAGE, '/gone': { status: 410 } } }, 'slow.example': slow },
  });
  const rows = Array.from({ length: 25 }, (_, i) => {
    const host = i === 1 ? 'slow.example' : `h${i % 4}.example`;
    // A caption of zeros looks like the end of a tar.
    return [web.box.url(host, i % 5 === 4 ? '/gone' : `/${i}`), '\0'.repeat(2000)] as const;
  });
  await web.writeIndex(rows);
  return web;
}

const leftovers = ({ folder }: Web): string[] =>
  readdirSync(join(folder, 'tmp')).filter((name) => name.startsWith('laion-fetch'));

test('pipeline 10: --output - streams one tar, shard after shard, rows in order, and leaves nothing behind', async () => {
  const web = await useRows();
  const flags = 'index.csv --number-sample-per-shard 10 $REACH';
  const streamed = await inBash(web, `$LF ${flags} --output - | tee all.tar | tar t`);
  expect(streamed).toMatchObject({ code: 0, stderr: expect.stringContaining('it cannot be resumed') });
  // The first shard is the last to be ready.
  const keys = Array.from({ length: 25 }, (_, i) => `0000${Math.floor(i / 10)}${i % 10}`);
  const members = keys.flatMap((key) => ['jpg', 'json', 'txt'].map((extension) => `${key}.${extension}`));
  expect(streamed.stdout.trim().split('\n')).toEqual(members.filter((name) => !/[49]\./.test(name)));
  expect(leftovers(web)).toEqual([]);

  // The members are those of the shards, byte for byte.
  const compared = await inBash(
    web,
    `$LF ${flags} --output out -q && mkdir a b && tar xf all.tar -C a &&
     for shard in out/*.tar; do tar xf $shard -C b; done && diff -r a b`,
  );
  expect(compared).toMatchObject({ code: 0, stdout: '' });
});

test('--output - ends with 4 if its reader has gone, and refuses what standard output cannot hold', async () => {
  const web = await useRows();
  const gone = await inBash(web, '$LF index.csv --number-sample-per-shard 5 $REACH --output - | head -c 1');
  const stderr = expect.stringContaining('the program that reads it has ended');
  expect(gone).toMatchObject({ code: 4, stderr });
  for (const flags of ['--json', '--output-format files', '--incremental-mode extend']) {
    const refused = await inBash(web, `$LF index.csv --output - ${flags}`);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('contradict each other') });
  }
  expect(leftovers(web)).toEqual([]);
});
