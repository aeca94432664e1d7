import { describe, expect, onTestFinished, test } from 'vitest';
import type { RuleFile } from '../../../src/core/rights/rule-files.ts';
import type { HostKey } from '../../../src/core/samples.ts';
import { Breaker } from '../../../src/fetch/breaker/breaker.ts';
import { PendingVerdicts } from '../../../src/fetch/breaker/verdicts.ts';
import { Fetcher } from '../../../src/fetch/fetcher.ts';
import { HostRules } from '../../../src/fetch/host-rules.ts';
import type { HostRecord } from '../../../src/fetch/hosts/host-record.ts';
import type { FetchResult } from '../../../src/fetch/result.ts';
import type { RowState } from '../../../src/fetch/row-state.ts';
import type { FetchSettings } from '../../../src/fetch/settings.ts';
import type { Answer, HostScript, Reply } from '../../support/box/answers.ts';
import { useBox } from '../../support/box/use-box.ts';
import { fetchSettings, outcome } from '../../support/fetch-settings.ts';
import { PLACEHOLDER_PORTS } from '../../support/servers/ports.ts';
import { useFetcher } from '../../support/use-fetcher.ts';

const IMAGE: Answer = { body: { image: { width: 4, height: 3, seed: 1 } } };
const HOST = 'a.example';
const OTHER = 'b.example';

const rights = (
  policy: 'record' | 'standard' | 'strict' = 'standard',
  files: RuleFile[] = ['robots.txt'],
) => ({
  rights: { policy, files, tokens: [] },
});
const text = (...lines: string[]): Answer => ({ body: { text: lines.join('\n') } });
const host = (robots: Reply | undefined, more: HostScript['paths'] = {}): HostScript => ({
  paths: { '*': IMAGE, ...(robots === undefined ? {} : { '/robots.txt': robots }), ...more },
});
const leadTo = (name: string, path = '/robots.txt'): Answer => ({
  redirect: `http://${name}:${PLACEHOLDER_PORTS.http}${path}`,
});

async function use(hosts: Record<string, HostScript>, settings: Partial<FetchSettings> = {}) {
  const box = await useBox({ hosts });
  const fetcher = useFetcher({ resolvers: [box.dns], ...rights(), ...settings });
  return {
    box,
    fetcher,
    fetch: async (name: string, ...paths: string[]): Promise<string[]> =>
      (await Promise.all(paths.map((path) => fetcher.fetch(box.url(name, path))))).map(outcome),
    /** Requests by path. */
    asked: (name: string) => box.stats().hosts[name]?.paths ?? {},
  };
}

describe('robots.txt', () => {
  test('is asked for once, before anything else, while the rows of the host wait', async () => {
    let answered = false;
    const early: string[] = [];
    const { fetch, asked, box } = await use({
      [HOST]: {
        paths: {
          '*': ({ path }) => {
            if (!answered) early.push(path);
            return IMAGE;
          },
          '/robots.txt': () => {
            setTimeout(() => (answered = true), 100);
            return { ...text('User-agent: *', 'Disallow: /no/'), delayMs: 150 };
          },
        },
      },
    });
    const paths = Array.from({ length: 20 }, (_, at) => `/yes/${at}`);
    expect(await fetch(HOST, ...paths, '/no/1', '/no/2')).toEqual([
      ...paths.map(() => 'ok'),
      'robots_disallowed',
      'robots_disallowed',
    ]);
    expect(await fetch(HOST, '/no/3', '/yes/x')).toEqual(['robots_disallowed', 'ok']);
    expect(early).toEqual([]);
    expect(asked(HOST)['/robots.txt']).toBe(1);
    expect(Object.keys(asked(HOST)).filter((path) => path.startsWith('/no/'))).toEqual([]);
    expect(box.stats().hosts[HOST]?.connections.peak).toBeLessThanOrEqual(16);
  });

  test.each<[string, Answer]>([
    ['404', { status: 404 }],
    ['401', { status: 401 }],
    ['403', { status: 403 }],
    ['410', { status: 410 }],
    ['an empty file', {}],
    [
      'noindex for the file itself',
      { ...text('User-agent: *', 'Allow: /'), headers: [['X-Robots-Tag', 'noindex']] },
    ],
    ['a page', { body: { text: '<!doctype html><p>Disallow: /' } }],
    ['other robots alone', text('User-agent: Other', 'Disallow: /')],
    ['a redirect to nowhere', { redirect: 'ftp://a.example/robots.txt' }],
    ['endless redirects', { redirect: '/robots.txt' }],
    ['a broken coding', { ...text('x'), headers: [['Content-Encoding', 'gzip']] }],
  ])('%s allows everything', async (_, answer) => {
    const { fetch } = await use({ [HOST]: host(answer) });
    expect(await fetch(HOST, '/x')).toEqual(['ok']);
  });

  test.each<[string, Answer, string]>([
    ['503', { status: 503 }, 'http_503'],
    ['500', { status: 500 }, 'http_500'],
    ['429', { status: 429 }, 'http_429'],
    ['a reset', { reset: 'before-headers' }, 'connection_reset'],
    ['silence', { hang: true }, 'timeout'],
  ])('%s disallows everything there, and nothing elsewhere', async (_, answer, cause) => {
    const { box, fetcher, fetch, asked } = await use({ [HOST]: host(answer), [OTHER]: host(undefined) });
    const [first, second, other] = await Promise.all([
      fetcher.fetch(box.url(HOST, '/1')),
      fetcher.fetch(box.url(HOST, '/2')),
      fetcher.fetch(box.url(OTHER, '/x')),
    ]);
    for (const result of [first, second].map((each) => (each.ok ? null : each.failure))) {
      expect(['robots_unreachable', 'host_throttled']).toContain(result?.code);
      expect(result?.message).toContain(cause);
    }
    expect(outcome(other)).toBe('ok');
    expect(await fetch(OTHER, '/y')).toEqual(['ok']);
    expect(Object.keys(asked(HOST))).toEqual(['/robots.txt']);
  });

  test('is asked for again after a failure that may be temporary', async () => {
    const { fetch, asked } = await use(
      { [HOST]: host([{ status: 500 }, text('User-agent: *', 'Disallow: /no')]) },
      { retries: 1 },
    );
    expect(await fetch(HOST, '/x')).toEqual(['ok']);
    expect(await fetch(HOST, '/no')).toEqual(['robots_disallowed']);
    expect(asked(HOST)).toMatchObject({ '/robots.txt': 2, '/x': 1 });
  });

  test.each([
    ['dns_not_found', { dns: { rcode: 'NXDOMAIN' } }],
    ['tls_certificate', { tls: 'expired' }],
  ] as const)('of a host that is not reached leaves rows their own failure: %s', async (code, script) => {
    const box = await useBox({ hosts: { [HOST]: { ...script } } });
    const fetcher = useFetcher({ resolvers: [box.dns], insecureTls: false, ...rights() });
    const url = box.url(HOST, '/x', code === 'tls_certificate' ? 'https' : 'http');
    expect(outcome(await fetcher.fetch(url))).toBe(code);
  });

  test('may be five redirects away, on other hosts', async () => {
    const steps = Object.fromEntries(
      [1, 2, 3, 4].map((step) => [`/${step}`, leadTo(step % 2 ? HOST : OTHER, `/${step + 1}`)]),
    );
    const file = text('User-agent: *', 'Disallow: /no');
    const { fetch } = await use({
      [HOST]: host(leadTo(OTHER, '/1'), steps),
      [OTHER]: host(undefined, { ...steps, '/0': leadTo(OTHER, '/1'), '/5': file }),
      'c.example': host(leadTo(OTHER, '/0'), {}),
    });
    expect(await fetch(HOST, '/no', '/yes')).toEqual(['robots_disallowed', 'ok']);
    // After six it counts as missing.
    expect(await fetch('c.example', '/no')).toEqual(['ok']);
  });

  test('where a redirect leads is that origin’s own as well', async () => {
    const { box, fetcher, asked } = await use({
      [HOST]: host(({ scheme }) =>
        scheme === 'http'
          ? { redirect: `https://${HOST}:${PLACEHOLDER_PORTS.https}/robots.txt` }
          : text('User-agent: *', 'Disallow: /no'),
      ),
    });
    const urls = [box.url(HOST, '/x'), box.url(HOST, '/y', 'https'), box.url(HOST, '/no', 'https')];
    const results = [];
    for (const url of urls) results.push(outcome(await fetcher.fetch(url)));
    expect(results).toEqual(['ok', 'ok', 'robots_disallowed']);
    expect(asked(HOST)['/robots.txt']).toBe(2);
  });

  test('is that of every origin on the way of a redirected image', async () => {
    const { fetch, asked } = await use({
      [HOST]: host(undefined, { '/x': leadTo(OTHER, '/no/x'), '/y': leadTo(OTHER, '/y') }),
      [OTHER]: host(text('User-agent: img2dataset', 'Disallow: /no/')),
    });
    expect(await fetch(HOST, '/x', '/y')).toEqual(['robots_disallowed', 'ok']);
    expect(asked(OTHER)).toEqual({ '/robots.txt': 1, '/y': 1 });
  });

  test.each(['laion-fetch', 'img2dataset', 'LAIONDownloader'])(
    'means us with a group of %s',
    async (name) => {
      const robots = text('User-agent: *', 'Allow: /', `User-agent: ${name}`, 'Disallow: /no');
      const { fetch } = await use({ [HOST]: host(robots) });
      expect(await fetch(HOST, '/no', '/yes')).toEqual(['robots_disallowed', 'ok']);
    },
  );

  test('means us with the group of another robot that --rights-tokens names', async () => {
    const robots = text('User-agent: CCBot', 'Disallow: /no');
    const tokens = { rights: { ...rights().rights, tokens: ['CCBot'] } };
    for (const [settings, expected] of [
      [rights(), 'ok'],
      [tokens, 'robots_disallowed'],
    ] as const) {
      const { fetch } = await use({ [HOST]: host(robots) }, settings);
      expect(await fetch(HOST, '/no')).toEqual([expected]);
    }
  });

  test('is read up to 500 KiB', async () => {
    const filler = `${'# filler'.padEnd(99, '-')}\n`;
    const long = (bytes: number) =>
      `${filler.repeat(bytes / 100)}User-agent: *\nDisallow: /\n${filler.repeat(10_000)}`;
    const { fetch } = await use(
      { [HOST]: host({ body: { text: long(510_000) } }), [OTHER]: host({ body: { text: long(520_000) } }) },
      { maxBodyBytes: 2_000_000 },
    );
    expect(await fetch(HOST, '/x')).toEqual(['robots_disallowed']);
    expect(await fetch(OTHER, '/x')).toEqual(['ok']);
  });

  test('bounds the pace of requests with Crawl-delay', async () => {
    const { fetch } = await use({ [HOST]: host(text('User-agent: *', 'Crawl-delay: 0.3', 'Allow: /')) });
    const startedAt = performance.now();
    expect(await fetch(HOST, '/1', '/2', '/3', '/4')).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(performance.now() - startedAt).toBeGreaterThan(890);
  });

  test('bounds it to 30 seconds', () => {
    const body = 'User-agent: *\nCrawl-delay: 86400\n';
    const { rights: options } = rights();
    const rules = new HostRules(options, () => true);
    const url = `http://${HOST}/robots.txt`;
    rules.load([{ origin: `http://${HOST}`, file: 'robots.txt', url, at: Date.now(), body }]);
    expect(rules.delayMs(HOST as HostKey)).toBe(30_000);
  });

  test('refuses nothing with the policy record, not even if it cannot be had', async () => {
    const { fetch } = await use(
      { [HOST]: host(text('User-agent: *', 'Disallow: /')), [OTHER]: host({ status: 500 }) },
      rights('record'),
    );
    expect(await fetch(HOST, '/x')).toEqual(['ok']);
    expect(await fetch(OTHER, '/x', '/y')).toEqual(['ok', 'ok']);
  });

  test.each<[string, 'standard' | 'strict', string[], string]>([
    ['Content-Signal', 'standard', ['User-agent: *', 'Content-Signal: ai-train=no'], 'optout_robots'],
    ['Content-Usage', 'standard', ['User-agent: *', 'Content-Usage: /x train-ai=n'], 'optout_robots'],
    ['other AI robots', 'standard', ['User-agent: GPTBot', 'Disallow: /'], 'ok'],
    ['other AI robots', 'strict', ['User-agent: GPTBot', 'Disallow: /'], 'robots_disallowed'],
    ['a page instead', 'standard', ['<!doctype html><p>x'], 'ok'],
    ['a page instead', 'strict', ['<!doctype html><p>x'], 'robots_disallowed'],
    ['a licence', 'standard', ['License: https://a.example/l'], 'ok'],
    ['a licence', 'strict', ['License: https://a.example/l'], 'optout_license'],
  ])('%s with %s', async (_, policy, lines, expected) => {
    const { fetch } = await use({ [HOST]: host(text(...lines)) }, rights(policy));
    expect(await fetch(HOST, '/x')).toEqual([expected]);
  });
});

test('what a redirect says is recorded, and where it said it', async () => {
  const moved: Answer = { ...leadTo(OTHER, '/y'), headers: [['Content-Usage', 'train-ai=y']] };
  const { box, fetcher } = await use({ [HOST]: host(undefined, { '/x': moved }), [OTHER]: host(undefined) });
  const { facts } = await fetcher.fetch(box.url(HOST, '/x'));
  expect(facts.signals).toMatchObject([
    { mechanism: 'content-usage', verdict: 'allow', source: box.url(HOST, '/x') },
  ]);
});

describe('the next run', () => {
  test('does not ask again within a day', async () => {
    const box = await useBox({
      hosts: {
        [HOST]: host(text('User-agent: *', 'Disallow: /no', 'Crawl-delay: 0.3')),
        [OTHER]: host({ status: 404 }),
      },
    });
    const urls = [box.url(HOST, '/yes'), box.url(HOST, '/no'), box.url(OTHER, '/x'), box.url(HOST, '/yes2')];
    const run = async (hosts: readonly HostRecord[]) => {
      const fetcher = useFetcher({ resolvers: [box.dns], ...rights() }, { hosts });
      const outcomes = (await Promise.all(urls.map((url) => fetcher.fetch(url)))).map(outcome);
      return { outcomes, hosts: JSON.parse(JSON.stringify(fetcher.hostRecords())) as HostRecord[] };
    };
    const first = await run([]);
    expect(first.outcomes).toEqual(['ok', 'robots_disallowed', 'ok', 'ok']);
    box.reset();
    const startedAt = performance.now();
    const second = await run(first.hosts);
    expect(performance.now() - startedAt).toBeGreaterThan(290);
    expect(second.outcomes).toEqual(first.outcomes);
    expect(box.stats().hosts[HOST]?.paths).toEqual({ '/yes': 1, '/yes2': 1 });
    expect(box.stats().hosts[OTHER]?.paths).toEqual({ '/x': 1 });
    const old = second.hosts.map(({ files = [], ...record }) => ({
      ...record,
      files: files.map((file) => ({ ...file, at: file.at - 86_400_001 })),
    }));
    await run(old);
    expect(box.stats().hosts[HOST]?.paths['/robots.txt']).toBe(1);
  });
});

describe('tdmrep.json and ai.txt', () => {
  const reserves: Answer = { body: { text: '[{"location":"/no","tdm-reservation":1}]' } };
  const files = { '/.well-known/tdmrep.json': reserves, '/ai.txt': text('User-agent: *', 'Disallow: *.gif') };

  test('are asked for after robots.txt, once each, by the policies that read them', async () => {
    const all: RuleFile[] = ['robots.txt', 'tdmrep.json', 'ai.txt'];
    const { fetch, asked } = await use({ [HOST]: host(undefined, files) }, rights('strict', all));
    expect(await fetch(HOST, '/yes', '/no', '/x.gif')).toEqual(['ok', 'optout_tdmrep', 'optout_ai_txt']);
    const once = Object.fromEntries(['/robots.txt', ...Object.keys(files), '/yes'].map((path) => [path, 1]));
    expect(asked(HOST)).toEqual(once);
  });

  test('that cannot be had refuse nothing', async () => {
    const { fetch, asked } = await use(
      { [HOST]: host(undefined, { '/.well-known/tdmrep.json': { status: 503 } }) },
      rights('standard', ['robots.txt', 'tdmrep.json']),
    );
    expect(await fetch(HOST, '/x')).toEqual(['ok']);
    expect(asked(HOST)['/.well-known/tdmrep.json']).toBe(1);
  });
});

describe('robots.txt between fetchers', () => {
  /** Fetches a page of each host with a fetcher of its own for each. */
  async function fetchBoth(
    hosts: Record<string, HostScript>,
  ): Promise<{ results: string[]; box: Awaited<ReturnType<typeof useBox>> }> {
    const box = await useBox({ hosts });
    const settled = new Map<number, (result: FetchResult) => void>();
    const fetchers = new Map<string, Fetcher>();
    const handOver = (state: RowState): void => {
      const fetcher = fetchers.get(state.host);
      void fetcher?.resume(structuredClone(state)).then((result) => settled.get(state.index)?.(result));
    };
    const fail = (error: Error): never => {
      throw error;
    };
    for (const name of Object.keys(hosts)) {
      const verdicts = new PendingVerdicts(new Breaker(fail), () => false);
      const isOwn = (key: HostKey): boolean => key === name;
      const settings = fetchSettings({ resolvers: [box.dns], ...rights() });
      const fetcher = new Fetcher({
        settings,
        peers: { count: 2, isOwn, handOver, verdicts },
        onBroken: fail,
      });
      onTestFinished(() => fetcher.close());
      fetchers.set(name, fetcher);
    }
    const results = Object.keys(hosts).flatMap((name, at) =>
      ['/no', '/yes'].map(
        (path, row) =>
          new Promise<FetchResult>((resolve) => {
            const index = 2 * at + row;
            settled.set(index, resolve);
            void fetchers.get(name)?.fetch(box.url(name, path), { index }).then(resolve);
          }),
      ),
    );
    return { results: (await Promise.all(results)).map(outcome), box };
  }

  test('travels with the row that asks for it, and back', async () => {
    const { results, box } = await fetchBoth({
      [HOST]: host(leadTo(OTHER)),
      [OTHER]: host(text('User-agent: *', 'Disallow: /no')),
    });
    expect(results).toEqual(['robots_disallowed', 'ok', 'robots_disallowed', 'ok']);
    expect(box.stats().hosts[HOST]?.paths).toEqual({ '/robots.txt': 1, '/yes': 1 });
  });

  test('of hosts that lead to each other is found all the same', async () => {
    const file = text('User-agent: *', 'Disallow: /no');
    const { results } = await fetchBoth({
      [HOST]: host(leadTo(OTHER, '/rules'), { '/rules': file }),
      [OTHER]: host(leadTo(HOST, '/rules'), { '/rules': file }),
    });
    expect(results).toEqual(['robots_disallowed', 'ok', 'robots_disallowed', 'ok']);
  });
});
