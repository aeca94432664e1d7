import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli } from '../../support/command/cli.ts';
import { findRefusedPort } from '../../support/servers/ports.ts';
import { useProxyServer } from '../../support/servers/proxy-server.ts';

const IMAGE = { body: { fixture: 'images/tiny.jpg' } };
const ROWS = 30;
const BASIC = `Basic ${Buffer.from('me:s3cret').toString('base64')}`;

async function useSmallWeb(lanes = 1) {
  const web = await useWeb({ hosts: { '*': { paths: { '*': IMAGE } } } });
  const urls = Array.from({ length: ROWS }, (_, i) => {
    const scheme = i % 2 ? 'http' : 'https';
    return [web.box.url(`www.d${i}.example${i}`, '/', scheme), ''] as const;
  });
  const { http, https } = web.box.ports;
  const reach = ['--insecure-tls', '--ports', `${http},${https}`];
  const threads = ['--lanes', `${lanes}`, '--decoders', `${lanes}`];
  const quick = [...threads, '--timeout', '2s', '--retries', '0', '--json'];
  const args = [await web.writeIndex(urls), '--output', web.output, ...reach, ...quick];
  return { ...web, args };
}

/** Everything in the dataset's folder that is text. */
async function readAll(folder: string): Promise<string> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((name) => name.isFile()).map((name) => join(name.parentPath, name.name));
  return (await Promise.all(files.map((file) => readFile(file, 'latin1')))).join('\n');
}

test('proxies of the environment are not used', async () => {
  const web = await useSmallWeb();
  const canary = await useProxyServer();
  const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'all_proxy'];
  const env = Object.fromEntries(names.map((name) => [name, `http://127.0.0.1:${canary.port}`]));
  const direct = ['--resolver', web.box.dns, '--allow-private', '127.0.0.0/8'];
  const run = await runCli([...web.args, ...direct], { env: { ...env, NODE_USE_ENV_PROXY: '1' } });
  expect(JSON.parse(run.stdout)).toMatchObject({ successes: ROWS });
  expect(canary.accepted()).toBe(0);
});

test('a --proxy is used for everything and reported, but its password never is', async () => {
  const web = await useSmallWeb();
  const proxy = await useProxyServer({ credentials: BASIC });
  const run = await runCli([
    ...web.args,
    '--proxy',
    `http://me:s3cret@127.0.0.1:${proxy.port}`,
    '--log-level',
    'trace',
  ]);
  expect(JSON.parse(run.stdout)).toMatchObject({ successes: ROWS });
  expect(proxy.asked).toHaveLength(ROWS);
  expect(web.box.stats().dns).toEqual({});
  const told = `http://127.0.0.1:${proxy.port}`;
  expect(run.stderr).toContain(`requests go through the proxy ${told}, which resolves host names`);
  const dataset = await readAll(web.output);
  expect(dataset).toContain(`"proxy": "${told}"`);
  for (const text of [dataset, run.stderr, run.stdout]) expect(text).not.toMatch(/s3cret|bWU6czNjcmV0/);
});

describe.each([1, 2])('with lanes: %i,', (lanes) => {
  test.each([
    [
      'nothing listens',
      async () => findRefusedPort('127.0.0.1'),
      'http://',
      /the proxy does not work: .*--proxy.*same command resumes/,
    ],
    [
      'wants another password',
      async () => (await useProxyServer({ credentials: BASIC })).port,
      'http://me:wr0ng@',
      /Cannot use the proxy http:\/\/127.0.0.1:\d+: it does not accept the user and password \(407\)/,
    ],
    [
      'reaches nobody',
      async () => (await useProxyServer({ lookUp: () => null })).port,
      'http://',
      /the proxy does not work/,
    ],
  ] as const)(
    'a proxy where %s ends the run with exit 6, and the run resumes',
    async (_what, start, prefix, message) => {
      const web = await useSmallWeb(lanes);
      const first = await runCli([...web.args, '--proxy', `${prefix}127.0.0.1:${await start()}`]);
      expect(first).toMatchObject({ code: 6, stderr: expect.stringMatching(message) });
      expect(first.stderr).not.toContain('wr0ng');
      expect(existsSync(join(web.output, '00000_stats.json'))).toBe(false);
      const good = await useProxyServer();
      const second = await runCli([...web.args, '--proxy', `http://127.0.0.1:${good.port}`]);
      expect(JSON.parse(second.stdout)).toMatchObject({ rows: ROWS, successes: ROWS });
    },
  );
});

test('a mistyped --proxy is refused without repeating it', async () => {
  const run = await runCli(['x.csv', '--output', 'x', '--proxy', 'https://me:s3cret@proxy']);
  expect(run.code).toBe(2);
  expect(run.stderr).toMatch(/--proxy: expected an HTTP proxy as http:\/\/host:port/);
  expect(run.stderr).not.toContain('s3cret');
});
