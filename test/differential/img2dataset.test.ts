import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Box, startBox } from '../support/box/box.ts';
import { runCli } from '../support/command/cli.ts';
import { THEMES } from './cases.ts';
import { prepare } from './command-line.ts';
import { comparable, deviated } from './compare.ts';
import { concerns, DEVIATIONS } from './deviations.ts';
import { observe } from './observe.ts';
import { readRecords } from './records.ts';
import { WEB } from './web.ts';

let box: Box;
let scratch: string;

beforeAll(async () => {
  box = await startBox(WEB);
  scratch = await mkdtemp(join(tmpdir(), 'laion-fetch-differential-'));
});

afterAll(async () => {
  await box.close();
  await rm(scratch, { recursive: true, force: true });
});

const byName = <T extends { readonly name: string }>(items: readonly T[]) =>
  items.map((item) => [item.name, item] as const);

describe.each(byName(THEMES))('laion-fetch writes what img2dataset 1.47.0 wrote: %s', (_, theme) => {
  const records = readRecords(theme);

  test.concurrent.each(byName(theme.cases))('%s', async (_, testCase) => {
    const record = records[testCase.name] ?? {};
    expect(Object.keys(record)).toEqual(theme.facts);
    const folder = join(scratch, `${theme.name}-${theme.cases.indexOf(testCase)}`);
    await mkdir(folder);
    const base = `http://127.0.0.1:${box.ports.http}`;
    const { args, output } = await prepare(testCase, folder, base);
    const { code, stderr } = await runCli([...args, '--allow-private', '127.0.0.0/8'], { cwd: folder });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const observation = await observe(join(folder, output), base);
    expect(comparable(observation, record)).toEqual(deviated(record, testCase.name));
  });
});

test('every allowed deviation occurs', () => {
  const facts = THEMES.flatMap((theme) => Object.entries(readRecords(theme))).flatMap(([name, record]) =>
    Object.values(record).map((fact) => ({ name, text: JSON.stringify(fact) })),
  );
  const needless = DEVIATIONS.filter(
    (deviation) =>
      !facts.some(({ name, text }) => concerns(deviation, name) && text.search(deviation.theirs) !== -1),
  );
  expect(needless.map(({ reason }) => reason)).toEqual([]);
});
