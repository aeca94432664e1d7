import { get } from 'node:http';
import { describe, expect, it } from 'vitest';
import { END_WELL, type Fate, REFUSING } from '../../bench/web/model/distributions.ts';
import { placesOf } from '../../bench/web/model/genuine-hosts.ts';
import { planWeb } from '../../bench/web/model/plan-web.ts';
import { Answers } from '../../bench/web/server/answers.ts';
import { startServer } from '../../bench/web/server/web-server.ts';
import { Counts, HostState } from '../../bench/web/server/web-stats.ts';
import { makeCertificates } from '../support/servers/certificates.ts';

const SIZE = { rows: 10_000, seed: 1, profile: 'refusals', drip: true } as const;
const PLAN = planWeb(SIZE);

const shareOfHosts = (fate: Fate): number =>
  (100 * PLAN.hosts.filter((host) => host.fate === fate).length) / PLAN.hosts.length;

describe('the profile of refusing hosts', () => {
  it.each(Object.entries(REFUSING.hosts))('has its share of hosts: %s, %d %%', (fate, percent) => {
    expect(Math.abs(shareOfHosts(fate as Fate) - percent)).toBeLessThan(0.8);
  });

  it('has two hosts of a hundred that grant five requests a second', () => {
    const rationing = PLAN.hosts.filter(({ requestsPerSecond }) => requestsPerSecond === 5);
    expect(Math.abs((100 * rationing.length) / PLAN.hosts.length - 2)).toBeLessThan(0.8);
    expect(rationing.every(({ fate }) => fate === 'image')).toBe(true);
  });

  it.each(Object.entries(REFUSING.urls))('has its share of URLs: %s, %d %%', (fate, percent) => {
    const own = PLAN.fateOf.filter((_, row) => PLAN.hosts[PLAN.hostOf[row] ?? 0]?.fate === 'image');
    const share = (100 * own.filter((found) => found === fate).length) / own.length;
    expect(Math.abs(share - percent)).toBeLessThan(0.9);
  });

  it('leaves the largest hosts sound', () => {
    const largest = PLAN.hosts.slice(0, REFUSING.soundHosts);
    expect(largest.every((host) => host.fate === 'image' && host.requestsPerSecond === null)).toBe(true);
  });

  it('is the same for the same seed', () => {
    expect(planWeb(SIZE)).toEqual(PLAN);
  });
});

describe('genuine hosts', () => {
  it('are numbered by their rows', () => {
    expect([...placesOf(['b', 'a', 'c', 'a', 'b', 'a'])]).toEqual([1, 0, 2, 0, 1, 0]);
  });

  it('stay in the order of the index, which begins anew at its end', () => {
    const genuineHosts = placesOf(['a', 'b', 'a']);
    expect([...planWeb({ ...SIZE, rows: 5, genuineHosts }).hostOf]).toEqual([0, 1, 0, 0, 1]);
  });
});

describe('a server of refusing hosts', () => {
  const server = startSite();

  async function startSite(): Promise<number> {
    const site = {
      plan: PLAN,
      counts: new Counts(
        PLAN.hosts.map((planned) => new HostState(planned, true)),
        SIZE.rows,
      ),
      answers: new Answers([{ body: Buffer.from('an image'), type: 'image/jpeg' }]),
      certificates: await makeCertificates([], []),
      perfect: false,
      failedOnce: new Set<number>(),
    };
    return startServer(site, { https: false, outage: false, address: '127.0.0.1' });
  }

  /** Statuses of three requests for the first row of that fate; 0 for a connection that was reset. */
  async function statusesOf(fate: Fate): Promise<{ statuses: number[]; retryAfter: string | undefined }> {
    const row = PLAN.fateOf.indexOf(fate);
    const host = PLAN.hosts[PLAN.hostOf[row] ?? 0];
    const port = await server;
    const statuses: number[] = [];
    let retryAfter: string | undefined;
    for (let request = 0; request < 3; request++) {
      const options = { host: '127.0.0.1', port, path: `/${row}.jpg`, headers: { host: host?.name } };
      const status = await new Promise<number>((resolve) => {
        get({ ...options, agent: false }, (response) => {
          retryAfter ??= response.headers['retry-after'];
          response.resume().once('end', () => resolve(response.statusCode ?? 0));
        }).once('error', () => resolve(0));
      });
      statuses.push(status);
    }
    return { statuses, retryAfter };
  }

  it.each([
    ['image', [200, 200, 200]],
    ['once_unavailable', [503, 200, 200]],
    ['once_reset', [0, 200, 200]],
    ['reset', [0, 0, 0]],
    ['server_error', [500, 500, 500]],
  ] as const)('answers as planned: %s', async (fate, statuses) => {
    expect(await statusesOf(fate)).toEqual({ statuses, retryAfter: undefined });
  });

  it('tells when to come again where a host grants nothing', async () => {
    expect(await statusesOf('unavailable')).toEqual({ statuses: [503, 503, 503], retryAfter: '120' });
  });

  it('counts as rows that end well those that do so in the end', () => {
    expect([...END_WELL]).toEqual(['image', 'once_unavailable', 'once_reset']);
  });
});
