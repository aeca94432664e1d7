import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DnsAnswer } from '../../support/box/answers.ts';
import { useWeb } from '../../support/box/use-web.ts';
import { hashFraction } from '../../support/bytes/hash.ts';
import { runCli } from '../../support/command/cli.ts';

/** A web of many domains whose name server does what `mood` says. */
async function useMoodyWeb(rows: number, answer: (name: string) => DnsAnswer) {
  const mood = { answer };
  const web = await useWeb({
    hosts: {
      '*': {
        dns: (name) => mood.answer(name),
        paths: { '*': { body: { fixture: 'images/tiny.jpg' } } },
      },
    },
  });
  const urls = Array.from(
    { length: rows },
    (_, i) => [web.box.url(`www.d${i}.example${i}`, '/'), ''] as const,
  );
  const args = [await web.writeIndex(urls), '--output', web.output, ...web.reach, '--decoders', '1'];
  return { ...web, mood, args };
}

test.each([
  ['hundreds of rows', 300, { silent: true }],
  ['one row', 1, { silent: true }],
  ['name servers that fail', 40, { rcode: 'SERVFAIL' }],
] as [string, number, DnsAnswer][])(
  'a run without name servers stops with exit 6, blames no row and can be resumed (%s)',
  async (_what, rows, answer) => {
    const { args, mood, output } = await useMoodyWeb(rows, () => answer);
    const first = await runCli([...args, '--timeout', '400ms', '--retries', '0']);
    expect(first.code).toBe(6);
    expect(first.stderr).toMatch(
      /Cannot go on: the name servers do not answer: .*laion-fetch doctor.*same command resumes/,
    );
    expect(existsSync(join(output, '00000_stats.json'))).toBe(false);
    mood.answer = () => ({});
    const second = await runCli([...args, '--timeout', '5s', '--json']);
    expect(second.code).toBe(0);
    expect(JSON.parse(second.stdout)).toMatchObject({ rows, successes: rows });
  },
);

test('failed look-ups are failures of rows as long as most names can be looked up', async () => {
  const { args } = await useMoodyWeb(
    100,
    (name): DnsAnswer => (hashFraction(name) < 0.2 ? { rcode: 'SERVFAIL' } : {}),
  );
  const run = await runCli([...args, '--retries', '0', '--json']);
  expect(run.code).toBe(0);
  const { failure_codes, successes } = JSON.parse(run.stdout);
  expect(failure_codes.dns_failed).toBeGreaterThan(5);
  expect(successes + failure_codes.dns_failed).toBe(100);
});

test('a name server that drops 30 of 100 questions costs fewer than 1 row in 100', async () => {
  const asked = new Map<string, number>();
  const { args } = await useMoodyWeb(500, (name): DnsAnswer => {
    const times = (asked.get(name) ?? 0) + 1;
    asked.set(name, times);
    return hashFraction(`${name} ${times}`) < 0.3 ? { silent: true } : {};
  });
  const run = await runCli([...args, '--timeout', '2s', '--json']);
  expect(run.code).toBe(0);
  expect(JSON.parse(run.stdout).successes).toBeGreaterThan(495);
});
