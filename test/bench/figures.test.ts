import { describe, expect, it } from 'vitest';
import { endByAverage, type Measurement } from '../../bench/web/figures.ts';

/** A client that ended `seconds` after its first sign of life. */
function measurement(seconds: number, imagesBySecond: readonly number[]): Measurement {
  return {
    client: 'client',
    plannedSeconds: null,
    web: 'web',
    indexRows: 0,
    endingWell: 0,
    firstShardSeconds: null,
    result: {
      rows: 0,
      successes: 0,
      run: {
        stdout: '',
        stderr: '',
        code: 0,
        stopped: false,
        seconds,
        endedAt: 1_000 + seconds * 1000,
        cpuSeconds: null,
        rootCpuSeconds: null,
        peakBytes: null,
        rootBytes: null,
        busy: { all: 0, lastMinute: 0 },
      },
    },
    stats: {
      requests: 0,
      mostRequestsOfUrl: 0,
      peakConnections: 0,
      peakConnectionsHost: '',
      throttling: { answers: 0, tooMany: 0 },
      questions: 0,
      mostQuestionsOfName: 0,
      mostQuestionsName: '',
      handshakes: { full: 0, resumed: 0 },
      firstContactAt: 1_000,
      imagesBySecond,
      cpuSeconds: 0,
    },
  };
}

describe('endByAverage', () => {
  it('is one for an even run', () => {
    expect(endByAverage(measurement(10, Array(10).fill(20)))).toBeCloseTo(1);
    expect(endByAverage(measurement(200, Array(200).fill(20)))).toBeCloseTo(1);
  });

  it('counts the time that a short run waits after its last image', () => {
    // Half of the time for the last tenth: a fifth of the average.
    expect(endByAverage(measurement(18, Array(10).fill(20)))).toBeCloseTo(0.2);
  });

  it('looks at the last minute of a long run', () => {
    expect(endByAverage(measurement(240, Array(180).fill(20)))).toBe(0);
  });

  it('returns nothing without images', () => {
    expect(endByAverage(measurement(10, []))).toBeNull();
  });
});
