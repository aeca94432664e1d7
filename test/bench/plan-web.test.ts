import { describe, expect, it } from 'vitest';
import { FATES } from '../../bench/web/model/distributions.ts';
import { planWeb } from '../../bench/web/model/plan-web.ts';

const ROWS = 10_000;
const PLAN = planWeb({ rows: ROWS, seed: 1, profile: 'dead-links', drip: true });

/** Rows of each host, the largest first. */
function countsOf(hostOf: Uint32Array): number[] {
  const counts = new Map<number, number>();
  for (const host of hostOf) counts.set(host, (counts.get(host) ?? 0) + 1);
  return [...counts.values()].sort((a, b) => b - a);
}

const percentOf = (rows: number): number => (100 * rows) / ROWS;

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

describe('the plan of 10,000 rows', () => {
  const counts = countsOf(PLAN.hostOf);

  it('spreads its rows over as many hosts as LAION does', () => {
    expect(sum(counts)).toBe(ROWS);
    expect(counts).toHaveLength(4_473);
    expect(Math.abs(percentOf(counts[0] ?? 0) - 6.5)).toBeLessThan(0.5);
    expect(Math.abs(percentOf(sum(counts.slice(0, 10))) - 21)).toBeLessThan(1.5);
    expect(Math.abs(percentOf(counts.filter((count) => count === 1).length) - 30)).toBeLessThan(1.5);
  });

  it('falls with the power 0.94 over the first hundred hosts', () => {
    const exponent = Math.log((counts[0] ?? 0) / (counts[99] ?? 0)) / Math.log(100);
    expect(Math.abs(exponent - 0.94)).toBeLessThan(0.03);
  });

  it('serves 62 % of its hosts over https', () => {
    const https = PLAN.hosts.filter((host) => host.https).length;
    expect(Math.abs((100 * https) / PLAN.hosts.length - 62)).toBeLessThan(2);
  });

  it.each([
    ['every cause', FATES.filter((fate) => fate !== 'image'), 30, 1.5],
    ['404 and 410', ['not_found', 'gone'], 10.3, 1],
    ['403', ['forbidden'], 6.3, 1],
    ['names', ['nxdomain', 'servfail', 'dns_silent'], 4.8, 0.1],
    ['certificates', ['tls_expired', 'tls_wrong_host'], 0.65, 0.1],
    ['tarpits', ['tarpit_silent', 'tarpit_drip'], 3, 0.1],
    ['content that is no image', ['page', 'svg', 'garbage'], 2.87, 0.6],
  ])('fails its share of rows: %s', (_, fates, percent, tolerance) => {
    const dead = PLAN.fateOf.filter((fate) => fates.includes(fate)).length;
    expect(Math.abs(percentOf(dead) - percent)).toBeLessThan(tolerance);
  });

  it('gives every row of a dead host the fate of its host', () => {
    const strays = PLAN.fateOf.filter((fate, row) => {
      const host = PLAN.hosts[PLAN.hostOf[row] ?? 0];
      return host !== undefined && host.fate !== 'image' && host.fate !== fate;
    });
    expect(strays).toEqual([]);
  });

  it('lets every row of throttled and recovering hosts end well', () => {
    const patient = PLAN.fateOf.filter((_, row) => {
      const host = PLAN.hosts[PLAN.hostOf[row] ?? 0];
      return host !== undefined && (host.outage || host.requestsPerSecond !== null);
    });
    expect(patient.length).toBeGreaterThan(50);
    expect(new Set(patient)).toEqual(new Set(['image']));
  });

  it('answers after 180 ms in the median', () => {
    const latencies = PLAN.latencyOf.toSorted();
    expect(Math.abs((latencies[ROWS / 2] ?? 0) - 180)).toBeLessThan(10);
    expect(latencies.at(-1)).toBeLessThanOrEqual(8_000);
  });
});

describe('plans of other sizes', () => {
  it('are the same for the same seed and differ for another', () => {
    expect(planWeb({ rows: ROWS, seed: 1, profile: 'dead-links', drip: true })).toEqual(PLAN);
    expect(planWeb({ rows: ROWS, seed: 2, profile: 'dead-links', drip: true }).hostOf).not.toEqual(
      PLAN.hostOf,
    );
  });

  it('are silent where they would drip, on request', () => {
    const silent = planWeb({ rows: ROWS, seed: 1, profile: 'dead-links', drip: false }).fateOf;
    const expected = PLAN.fateOf.map((fate) => (fate === 'tarpit_drip' ? 'tarpit_silent' : fate));
    expect(silent).toEqual(expected);
    expect(silent).not.toEqual(PLAN.fateOf);
  });

  it('begin alike up to 10,000 rows', () => {
    const { hostOf, fateOf } = planWeb({ rows: 1_000, seed: 1, profile: 'dead-links', drip: true });
    expect(hostOf).toEqual(PLAN.hostOf.slice(0, 1_000));
    expect(fateOf).toEqual(PLAN.fateOf.slice(0, 1_000));
  });

  it('have fewer new hosts a row the larger they are', () => {
    expect(
      countsOf(planWeb({ rows: 100_000, seed: 1, profile: 'dead-links', drip: true }).hostOf),
    ).toHaveLength(27_000);
  });
});
