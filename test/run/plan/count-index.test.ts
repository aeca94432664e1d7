import { describe, expect, it } from 'vitest';
import { type CountedRow, IndexCounter } from '../../../src/run/plan/count-index.ts';
import { DistinctCount } from '../../../src/util/distinct-count.ts';

function count(
  rows: readonly (string | null | Partial<CountedRow>)[],
  options?: ConstructorParameters<typeof IndexCounter>[1],
) {
  const counter = new IndexCounter((port) => port !== 22, options);
  for (const row of rows) {
    const given = row === null || typeof row === 'string' ? { url: row } : row;
    counter.take({ url: 'http://a.example/', pixels: null, ...given });
  }
  return counter.result;
}

describe('IndexCount', () => {
  it('counts rows that a download would refuse, by failure', () => {
    const found = count([
      'http://a.example/',
      null,
      ' ',
      'UNLIKELY',
      'ftp://a.example/x',
      'http://a.example:22/',
      { unreadable: 'line 7: expected 2 fields, found 3' },
    ]);
    expect([found.rows, found.usable]).toEqual([7, 1]);
    expect(Object.fromEntries(found.unusable)).toEqual({
      url_missing: 2,
      url_invalid: 1,
      url_scheme: 1,
      port_refused: 1,
      bad_row: 1,
    });
  });

  it('counts hosts as the fetcher distinguishes them, and schemes', () => {
    const found = count([
      'http://A.example/1',
      'https://a.example.:8443/2',
      'https://user:word@b.example/3',
      'http://[2001:db8::1]/4',
    ]);
    expect(found.hosts).toMatchObject({
      count: 3,
      complete: true,
      largest: [
        { host: 'a.example', rows: 2 },
        { host: '2001:db8::1', rows: 1 },
        { host: 'b.example', rows: 1 },
      ],
    });
    expect(Object.fromEntries(found.schemes)).toEqual({ http: 2, https: 2 });
  });

  it('counts a URL as a duplicate whatever its spelling and fragment', () => {
    const { duplicates } = count([
      'http://a.example/x',
      'HTTP://A.example:80/x#top',
      'http://a.example/y/../x',
      'http://a.example/X',
      'https://a.example/x',
    ]);
    expect(duplicates).toEqual({ rows: 2, margin: 0 });
  });

  it('never counts a negative number of duplicates, even when it estimates', () => {
    const urls = Array.from({ length: 300 }, (_, index) => `http://a.example/${index}`);
    for (const most of [3, 4, 5, 7, 9, 20, 100]) {
      const { duplicates, usable } = count(urls, { urls: new DistinctCount(most) });
      expect(duplicates.rows).toBeGreaterThanOrEqual(0);
      expect(duplicates.rows).toBeLessThanOrEqual(usable);
      expect(duplicates.margin).toBeGreaterThan(0);
    }
  });

  it('ranks hosts, and sums up the largest 10 and 100 if there are that many', () => {
    // Host n has n rows; 120 hosts.
    const urls = Array.from({ length: 120 }, (_, host) =>
      Array.from({ length: host + 1 }, (_, row) => `http://h${host + 1}.example/${row}`),
    ).flat();
    const { hosts } = count(urls);
    expect(hosts.largest.map(({ host }) => host)).toEqual(
      [120, 119, 118, 117, 116, 115, 114, 113, 112, 111].map((rows) => `h${rows}.example`),
    );
    expect(hosts.heads).toEqual([
      { hosts: 10, rows: 1155 },
      { hosts: 100, rows: 7050 },
    ]);
  });

  it('says when there are more hosts than it distinguishes, and continues to count known ones', () => {
    const urls = ['a', 'b', 'c', 'b', 'b'].map((host) => `http://${host}.example/`);
    const { hosts, usable } = count(urls, { maxHosts: 2 });
    expect(usable).toBe(5);
    expect(hosts).toMatchObject({ count: 2, complete: false, largest: [{ rows: 3 }, { rows: 1 }] });
  });

  it('averages the area over the rows that have one', () => {
    const rows = [100, null, 300, 0, Number.POSITIVE_INFINITY].map((pixels) => ({ pixels }));
    expect(count(rows).meanPixels).toBe(200);
    expect(count(['http://a.example/']).meanPixels).toBeNull();
  });

  it('counts nothing in an empty index', () => {
    expect(count([])).toMatchObject({
      rows: 0,
      usable: 0,
      duplicates: { rows: 0, margin: 0 },
      hosts: { count: 0, complete: true, largest: [], heads: [] },
      meanPixels: null,
    });
  });
});
