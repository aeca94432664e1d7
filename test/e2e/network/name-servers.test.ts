import { expect, test } from 'vitest';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli } from '../../support/command/cli.ts';
import { MALFORMED_DNS, type MalformedDns } from '../../support/servers/malformed-dns.ts';

const FORMS = Object.keys(MALFORMED_DNS).filter((form): form is MalformedDns => form in MALFORMED_DNS);
const PAGE = { '*': { body: { fixture: 'images/tiny.jpg' } } };
/** One in this many names has a malformed answer. */
const BAD = 50;

const isBad = (index: number): boolean => index % BAD === 7;

/** What a download of as many hosts says, each host in a domain of its own. */
async function download(hosts: number, formOf: (index: number) => MalformedDns | null, strayDatagrams = 0) {
  const web = await useWeb(
    {
      hosts: {
        '*': {
          dns: (name) => {
            const malformed = formOf(Number(/\d+/.exec(name)?.[0]));
            return malformed === null ? { delayMs: 20 } : { malformed };
          },
          paths: PAGE,
        },
      },
    },
    undefined,
    { strayDatagrams },
  );
  const rows = Array.from(
    { length: hosts },
    (_, i) => [web.box.url(`www.d${i}.example${i}`, '/'), ''] as const,
  );
  const args = ['--output', web.output, ...web.reach, '--decoders', '1', '--retries', '1', '--json'];
  const run = await runCli([await web.writeIndex(rows), ...args]);
  return { code: run.code, stderr: run.stderr, ...JSON.parse(run.stdout || '{}') };
}

test('one malformed answer in fifty, of any form, costs only the rows of its name', async () => {
  const hosts = FORMS.length * BAD;
  const run = await download(hosts, (i) => (isBad(i) ? (FORMS[Math.floor(i / BAD)] ?? null) : null));
  const { dns_failed = 0, dns_timeout = 0, ...others } = run.failure_codes;
  expect(run).toMatchObject({ code: 0, rows: hosts, successes: hosts - FORMS.length });
  expect([dns_failed + dns_timeout, others]).toEqual([FORMS.length, {}]);
});

test('a name server whose address is forged 100 times a second costs no row', async () => {
  expect(await download(300, () => null, 100)).toMatchObject({ code: 0, rows: 300, successes: 300 });
});
