import { describe, expect, it } from 'vitest';
import { partTimes } from '../../bench/compare/engine-profile.ts';
import { cpuMs, endRate, type Figures, imageRate, spread } from '../../bench/compare/figures.ts';
import { comparisonTable, shortfalls } from '../../bench/compare/table.ts';

const START_UP = { seconds: 2, cpuSeconds: 1 };

function figures(changes: Partial<Figures> = {}): Figures {
  const { rows, successes } = { rows: 100, successes: 100 };
  return {
    rows,
    successes,
    stopped: false,
    seconds: 12,
    cpuSeconds: 6,
    rootCpuSeconds: 3,
    peakBytes: 2 ** 30,
    endRate: 1,
    ...changes,
  };
}

describe('imageRate and cpuMs', () => {
  it('leave out what starting takes', () => {
    expect(imageRate(figures(), START_UP)).toBe(10);
    expect(cpuMs(figures(), START_UP)).toBe(50);
  });

  it('count only successful images', () => {
    expect(imageRate(figures({ successes: 50 }), START_UP)).toBe(5);
  });

  it('say nothing of processor time that could not be measured', () => {
    expect(cpuMs(figures({ cpuSeconds: null }), START_UP)).toBeNull();
  });
});

describe('endRate', () => {
  const even = Array.from({ length: 101 }, (_, index) => 1000 + index * 10);

  it('is one for an even run', () => {
    expect(endRate(even)).toBeCloseTo(1);
  });

  it('falls with stragglers', () => {
    expect(endRate([...even.slice(0, -1), 3000])).toBeLessThan(0.2);
  });

  it('says nothing of a few answers', () => {
    expect(endRate([1, 2, 3])).toBeNull();
  });
});

describe('spread', () => {
  it('knows the median of odd and even counts', () => {
    expect(spread([3, 1, 2])).toEqual({ least: 1, median: 2, most: 3 });
    expect(spread([4, null, 1, 2, 3])).toEqual({ least: 1, median: 2.5, most: 4 });
  });

  it('is null without values', () => {
    expect(spread([null])).toBeNull();
  });
});

describe('comparisonTable', () => {
  it('compares pair by pair', () => {
    const theirs = [figures(), figures({ seconds: 22 })];
    const own = [figures({ seconds: 7 }), figures({ seconds: 22 })];
    const startUps = { img2dataset: START_UP, 'laion-fetch': START_UP };
    const runs = { img2dataset: theirs, 'laion-fetch': own };
    const table = comparisonTable([{ id: 'a', title: 'images', perfect: true, runs }], startUps);
    expect(table).toContain('| **a** images | img2dataset | 8 | 50.00 | 1024 | 100 of 100 |');
    expect(table).toContain('| *ratio* | *1.50* (1.00 to 2.00) | *1.00* | *1.00* |');
  });

  it('says of a run that it was stopped', () => {
    const runs = { img2dataset: [figures({ successes: 40, stopped: true })] };
    const table = comparisonTable([{ id: 'f', title: 'web', perfect: false, runs }], {});
    expect(table).toContain('| 40 of 100, stopped |');
  });
});

describe('shortfalls', () => {
  it('names runs that lost images although none may be lost', () => {
    const runs = { 'laion-fetch': [figures(), figures({ successes: 99 })] };
    const comparison = { id: 'a', title: '', perfect: true, runs };
    expect(shortfalls([comparison])).toEqual(['a: laion-fetch got 99 of 100 images']);
    expect(shortfalls([{ ...comparison, perfect: false }])).toEqual([]);
  });
});

describe('partTimes', () => {
  const frame = (id: number, functionName: string, url: string, children: readonly number[] = []) => ({
    id,
    callFrame: { functionName, url },
    children,
  });

  it('counts native code and foreign modules with what called them', () => {
    const nodes = [
      frame(1, '(root)', '', [2, 5, 6]),
      frame(2, 'append', 'file:///repo/dist/output/spool.js', [3]),
      frame(3, 'serialize', 'node:v8', [4]),
      frame(4, 'writeHeader', ''),
      frame(5, '(idle)', ''),
      frame(6, '(garbage collector)', ''),
    ];
    const times = partTimes({ nodes, samples: [4, 3, 5, 6], timeDeltas: [1000, 2000, 4000, 8000] });
    expect(times).toMatchObject({ write: 3, collection: 8, fetch: 0, rest: 0 });
  });
});
