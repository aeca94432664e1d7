import { describe, expect, it } from 'vitest';
import { FAILURES } from '../../../src/core/failures.ts';
import { decideRights, refuses, signalsToKeep } from '../../../src/core/rights/decide.ts';
import { MECHANISM_NAMES, MECHANISMS, type Mechanism } from '../../../src/core/rights/mechanisms.ts';
import {
  MAX_RAW_BYTES,
  type RightsSignal,
  type RightsVerdict,
  rawText,
} from '../../../src/core/rights/signal.ts';

const said = (mechanism: Mechanism, verdict: RightsVerdict, raw = 'x'): RightsSignal => ({
  mechanism,
  verdict,
  raw,
  scope: 'answer',
  source: 'http://a.example/x.jpg',
  at: 0,
});

describe('decideRights()', () => {
  it('lets the most restrictive signal win, whatever the order', () => {
    const signals = [said('tdm-reservation', 'allow', '0'), said('x-robots-tag', 'deny', 'noai')];
    expect(decideRights(signals, 'standard')).toMatchObject({
      decision: 'deny',
      reason: 'x-robots-tag:noai',
    });
    expect(decideRights([...signals].reverse(), 'standard').decision).toBe('deny');
  });

  it('is unknown without anything that could be acted upon', () => {
    expect(decideRights([], 'strict')).toEqual({ decision: 'unknown', reason: null, by: null });
    expect(decideRights([said('content-usage', 'unknown')], 'strict').decision).toBe('unknown');
  });

  it('refuses nothing with record and off', () => {
    for (const mechanism of MECHANISM_NAMES.filter((name) => name !== 'deny-list')) {
      for (const policy of ['off', 'record'] as const)
        expect(decideRights([said(mechanism, 'deny')], policy).decision).toBe('unknown');
    }
  });

  it.each([
    ['x-robots-tag', 'standard', false],
    ['x-robots-tag', 'strict', true],
    ['rsl', 'standard', false],
    ['rsl', 'strict', true],
  ] as const)('takes a recorded %s for a refusal with %s: %s', (mechanism, policy, isRefused) => {
    expect(refuses(said(mechanism, 'record'), policy)).toBe(isRefused);
  });

  it('honours the deny-list with every policy', () => {
    expect(refuses(said('deny-list', 'deny'), 'off')).toBe(true);
  });
});

describe('MECHANISMS', () => {
  it.each(MECHANISM_NAMES)('%s ends rows with a failure of the stage rights', (name) => {
    expect(FAILURES[MECHANISMS[name].failure].stage).toBe('rights');
  });
});

describe('rawText()', () => {
  it('is one line of at most 256 bytes, cut between characters', () => {
    expect(rawText(' Disallow:\t/\r\nAllow: /\u202e ')).toBe('Disallow: / Allow: /');
    expect(Buffer.byteLength(rawText('é'.repeat(1000)))).toBe(MAX_RAW_BYTES);
    expect(rawText(`a${'é'.repeat(1000)}`)).toHaveLength(128);
  });
});

describe('signalsToKeep()', () => {
  it('keeps refusals and drops what is said twice', () => {
    const many = Array.from({ length: 30 }, (_, at) => said('content-usage', 'unknown', `${at}`));
    const kept = signalsToKeep([...many, said('c2pa', 'deny'), said('c2pa', 'deny')]);
    expect(kept).toHaveLength(16);
    expect(kept[0]).toMatchObject({ mechanism: 'c2pa' });
    expect(kept.filter(({ mechanism }) => mechanism === 'c2pa')).toHaveLength(1);
  });
});
