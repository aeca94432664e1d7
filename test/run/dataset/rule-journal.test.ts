import { appendFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { HostKey } from '../../../src/core/samples.ts';
import type { KeptFile } from '../../../src/fetch/hosts/host-record.ts';
import { readHostTable, writeHostTable } from '../../../src/run/dataset/host-table.ts';
import { RuleJournal, recoverAllRuleFiles, recoverRuleFiles } from '../../../src/run/dataset/rule-journal.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

const robots = (name: string, at = 1, body: string | null = `# ${name}`): KeptFile => {
  const origin = `http://${name}`;
  return { origin, file: 'robots.txt', url: `${origin}/robots.txt`, at, body };
};
const licence = (at: number): KeptFile => {
  const asked = 'http://a.example/l.xml';
  return { ...robots('a.example', at, '<rsl/>'), file: 'rsl', asked, url: asked };
};

async function useDataset() {
  const output = await useTempFolder(onTestFinished);
  const parts = join(output, '.laion-fetch', 'parts');
  await mkdir(parts, { recursive: true });
  const evidence = async () =>
    (await readFile(join(output, '.laion-fetch/rights-evidence.jsonl'), 'utf8').catch(() => ''))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line).body);
  return { output, parts, scratch: join(output, '.laion-fetch', 'scratch'), evidence };
}

test('what was journalled joins the table of hosts and the evidence, torn and foreign lines apart', async () => {
  const { output, scratch, evidence } = await useDataset();
  const host = 'a.example' as HostKey;
  const closed = { code: 'host_dead', cause: 'connect_refused', until: 9 } as const;
  const before = { host, closed, intervalMs: 5, meanMs: 7, files: [robots(host, 3, 'newer'), licence(1)] };
  await writeHostTable(output, [before]);
  const journal = new RuleJournal(scratch);
  for (const file of [
    robots(host, 2, 'older'),
    licence(2),
    robots('b.example'),
    robots('c.example', 1, null),
  ])
    journal.take(file);
  await journal.flush();
  await appendFile(`${scratch}.rule-files.jsonl`, '[]\n{"origin":"javascript:x"}\nnull\n{"origin":"http://d');
  await recoverRuleFiles(output, scratch);
  expect(await readHostTable(output)).toEqual([
    { ...before, files: [robots(host, 3, 'newer'), licence(2)] },
    ...['b.example', 'c.example'].map((name) => ({
      ...{ host: name, closed: null, intervalMs: 0, meanMs: null },
      files: [robots(name, 1, name === 'b.example' ? '# b.example' : null)],
    })),
  ]);
  expect(await evidence()).toEqual(['newer', '<rsl/>', '# b.example']);
  expect(await readdir(join(output, '.laion-fetch'))).not.toContain('scratch.rule-files.jsonl');
});

test('lines are written together, and are gone when the start has ended by itself', async () => {
  const { scratch } = await useDataset();
  const journal = new RuleJournal(scratch);
  for (let at = 0; at < 1_000; at += 1) journal.take(robots(`h${at}.example`, at));
  await journal.flush();
  expect((await readFile(`${scratch}.rule-files.jsonl`, 'utf8')).split('\n')).toHaveLength(1_001);
  journal.take(robots('late.example'));
  await journal.remove();
  await expect(readFile(`${scratch}.rule-files.jsonl`)).rejects.toThrow('ENOENT');
});

test('the last machine takes over what machines have left that do not return', async () => {
  const { output, parts, evidence } = await useDataset();
  for (const part of ['1-of-2.a', '2-of-2.b']) {
    const journal = new RuleJournal(join(parts, part));
    journal.take(robots(`${part}.example`));
    await journal.flush();
  }
  await writeFile(join(parts, 'other.txt'), 'x');
  await recoverAllRuleFiles(output, join(parts, '2-of-2.b'));
  expect((await evidence()).sort()).toEqual(['# 1-of-2.a.example', '# 2-of-2.b.example']);
  expect(await readdir(parts)).toEqual(['other.txt']);
});
