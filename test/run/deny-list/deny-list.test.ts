import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Binary, Table, tableToIPC, vectorFromArray } from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DenyList, urlKey } from '../../../src/fetch/deny-list/deny-list.ts';
import { DenyTableBuilder } from '../../../src/fetch/deny-list/deny-table.ts';
import { parseTarget } from '../../../src/fetch/target.ts';
import { parseEntry } from '../../../src/run/deny-list/parse-entry.ts';
import { openDenyList } from '../../../src/run/deny-list/read-deny-list.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

const digest = (algorithm: string, text: string | Uint8Array) =>
  createHash(algorithm).update(text).digest('hex');

/** Why a list of these lines denies the URL; null if it does not. */
function refusal(lines: readonly string[], url: string): string | null {
  const builder = new DenyTableBuilder();
  for (const { kind, text } of lines.flatMap((line) => parseEntry(line) ?? [])) builder.add(kind, text);
  const target = parseTarget(url);
  if ('code' in target) throw new Error(`${url}: ${target.code}`);
  return new DenyList(builder.finish()).refusesTarget(target, url)?.message.split(' is in ')[0] ?? null;
}

describe('an entry denies', () => {
  test.each([
    ['a URL', 'http://a.example/x.jpg', 'http://a.example/x.jpg', 'the URL'],
    ['a URL over the other scheme', 'http://a.example/x.jpg', 'https://a.example/x.jpg', 'the URL'],
    ['a URL in another spelling', 'HTTP://A.Example:80/b/../x.jpg#top', 'http://a.example/x.jpg', 'the URL'],
    ['a URL with other codes', 'http://a.example/%7Eb%e4', 'http://a.example/~b%E4', 'the URL'],
    ['a URL in the form of its codes', 'http://a.example/~b?c=~', 'http://a.example/%7eb?c=%7E', 'the URL'],
    ['no code of a reserved character', 'http://a.example/b%2Fc', 'http://a.example/b/c', null],
    ['a URL with one slash', 'http:/a.example/x.jpg', 'http://a.example/x.jpg', 'the URL'],
    ['a URL with backslashes', String.raw`https:\\a.example\x.jpg`, 'http://a.example/x.jpg', 'the URL'],
    ['a URL with a star', 'http://a.example/x*y.jpg', 'http://a.example/x*y.jpg', 'the URL'],
    ['a URL without its scheme', 'a.example/x.jpg', 'http://a.example/x.jpg', 'the URL'],
    ['no other query', 'http://a.example/x.jpg', 'http://a.example/x.jpg?1', null],
    ['no other port', 'http://a.example/x.jpg', 'http://a.example:8080/x.jpg', null],
    ['a host', 'a.example', 'http://a.example:8080/x', 'the host'],
    ['a host in capitals, with the dot of the root', 'A.EXAMPLE.', 'http://a.example/', 'the host'],
    ['no name below a host', 'a.example', 'http://www.a.example/', null],
    ['a name below a domain', '*.a.example', 'http://x.y.a.example/', 'the domain'],
    ['the domain itself', '.a.example', 'http://a.example/', 'the domain'],
    ['no name that only ends like a domain', '*.a.example', 'http://ba.example/', null],
    ['an international name', 'bücher.example', 'http://xn--bcher-kva.example/1', 'the host'],
    ['an address', '[::ffff:1.2.3.4]', 'http://1.2.3.4/1', 'the host'],
    [
      'a URL by its sha256',
      digest('sha256', 'http://a.example/1'),
      'http://a.example/1',
      'the digest of the URL',
    ],
    [
      'a URL by its md5',
      `url-md5:${digest('md5', 'http://a.example')}`,
      'http://a.example',
      'the digest of the URL',
    ],
    ['no URL by a digest of bytes', `md5:${digest('md5', 'http://a.example/')}`, 'http://a.example/', null],
  ])('%s', (_what, line, url, expected) => {
    expect(refusal(['b.example', line], url)).toBe(expected);
  });

  const starred = [
    '*',
    '*a.example',
    'img.*.example',
    'https://*.a.example/x',
    'a.example/*',
    '*.a.example/*',
  ];
  test.each([
    'a b.example',
    '',
    'sha256:12',
    'ftp://a.example/x',
    'user@',
    'http://',
    '"a.example"',
    ...starred,
  ])('nothing: %j', (line) => {
    expect(parseEntry(line)).toBeNull();
  });

  test('bytes by their digest, with or without the name of the algorithm', () => {
    const bytes = Buffer.from('an image');
    for (const line of [digest('sha256', bytes), `MD5:${digest('md5', bytes).toUpperCase()}`]) {
      const builder = new DenyTableBuilder();
      for (const { kind, text } of parseEntry(line) ?? []) builder.add(kind, text);
      const list = new DenyList(builder.finish());
      expect(list.refusesBytes(bytes)?.message).toBe('the digest of the image is in --deny-list');
      expect(list.refusesBytes(Buffer.from('another'))).toBeNull();
    }
  });
});

test('a list denies what is in it and nothing else', () => {
  const names = fc.uniqueArray(
    fc.nat(1e6).map((n) => `h${n}.example`),
    { minLength: 1, maxLength: 200 },
  );
  fc.assert(
    fc.property(names, fc.nat(200), (hosts, cut) => {
      const listed = hosts.slice(0, cut);
      for (const host of hosts) {
        expect(refusal(listed, `http://${host}/x`)).toBe(listed.includes(host) ? 'the host' : null);
      }
    }),
    { numRuns: 20 },
  );
});

test('a URL is compared as the URL standard writes it, however plain it looks', () => {
  const part = (characters: string) => fc.string({ unit: fc.constantFrom(...characters), maxLength: 12 });
  const url = fc
    .tuple(
      fc.constantFrom('http', 'https', 'HTTP'),
      fc.constantFrom('a.example', 'A.example', '1.2.3.4', 'a.0x7f', 'xn--a.example', 'a-.b.example', 'a..b'),
      fc.constantFrom('', ':80', ':443', ':8080', ':0', ':99999'),
      part('ab./%2eE~ \\\t@:;'),
      part("a=&%?/#'<|"),
    )
    .map(([scheme, host, port, path, query]) => `${scheme}://${host}${port}/${path}?${query}`);
  fc.assert(
    fc.property(url, (text) => {
      const target = parseTarget(text);
      const expected = 'code' in target ? null : [{ kind: 'url', text: urlKey(target) }];
      expect(parseEntry(text)).toEqual(expected);
    }),
    { numRuns: 2_000 },
  );
});

describe('openDenyList()', () => {
  const read = async (name: string, content: string | Uint8Array) => {
    const path = join(await useTempFolder(), name);
    await writeFile(path, content);
    const notices: string[] = [];
    const opened = await openDenyList({ denyList: [path], proxy: null }, (notice) => notices.push(notice));
    const list = opened.finish(null);
    return { counts: list?.table.counts, notices, files: list?.files };
  };

  test('reads lines of a text, with comments, and says what is no entry', async () => {
    const { counts, notices, files } = await read(
      'deny.txt',
      '# by mail\n\na.example\nhttp://b.example/1\nnot one\n',
    );
    expect(counts).toMatchObject({ host: 1, url: 1, domain: 0 });
    expect(notices).toEqual([expect.stringMatching(/1 line left out, .* first is 'not one'$/)]);
    expect(files).toMatchObject([{ bytes: 48 }]);
  });

  test('reads the columns of a table that it knows', async () => {
    const table = `domain,why,sha256\na.example,mail,${'0'.repeat(64)}\n*.b.example,mail,\n`;
    expect((await read('deny.csv', table)).counts).toMatchObject({ domain: 2, sha256: 1, host: 0 });
  });

  test('reads texts and digests that a table has as bytes', async () => {
    const columns = {
      url: vectorFromArray([Buffer.from('https://a.example/1'), null], new Binary()),
      sha256: vectorFromArray([Buffer.alloc(32, 1), Buffer.from('0'.repeat(64))], new Binary()),
    };
    const { counts, notices } = await read('deny.arrow', tableToIPC(new Table(columns), 'file'));
    expect(counts).toMatchObject({ url: 1, sha256: 2 });
    expect(notices).toEqual([]);
  });

  test('refuses a table that says nothing to it', async () => {
    await expect(read('deny.csv', 'why,when\na,b\n')).rejects.toThrow(
      /a column named url, host, .*, found why, when/,
    );
    await expect(read('deny.txt', 'none here\n')).rejects.toThrow(
      /expected URLs, hosts, domains or digests, found none/,
    );
  });
});
