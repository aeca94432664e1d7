import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentSignal } from '../../../src/rights/statements/content-signal.ts';
import { contentUsage } from '../../../src/rights/statements/content-usage.ts';
import { readDictionary } from '../../../src/rights/statements/dictionary.ts';

describe('contentUsage()', () => {
  it.each([
    ['train-ai=n', 'deny'],
    ['search=y, train-ai=n', 'deny'],
    ['train-ai=n;reason="x"', 'deny'],
    ['train-ai=y', 'allow'],
    ['train-ai;allow=n, train-ai=y', 'allow'],
    ['train-ai=n, train-ai=y', 'allow'],
    ['train-ai=y, train-ai, search=n, search="n"', 'unknown'],
    ['search=n', 'unknown'],
    ['', 'unknown'],
    ['Train-AI=n', 'record'],
    ['train-ai=n,', 'record'],
    ['train-ai = n', 'record'],
    ['train-ai=no', 'record'],
    ['train-ai=?0', 'record'],
    ['train-ai=N', 'record'],
    ['train-ai="n"', 'record'],
    ['train-ai=nope', 'unknown'],
    ...['train-genai', 'bots', 'all', 'ai', 'genai', 'tdm'].map((label) => [`${label}=n`, 'deny']),
  ])('%s: %s', (text, verdict) => {
    expect(contentUsage(text)).toBe(verdict);
  });
});

describe('contentSignal()', () => {
  it.each([
    ['search=yes,ai-train=no,use=reference', 'deny'],
    ['search=yes, AI-Train = No', 'deny'],
    ['ai-train=yes', 'allow'],
    ['ai-train=yes, ai-train=no', 'deny'],
    ['search=no, ai-input=no', 'unknown'],
    ['ai-train', 'unknown'],
    ['', 'unknown'],
    ['search=yes; ai-train=no', 'record'],
    ['search=yes ai-train=no', 'record'],
    ['ai-train="no"', 'record'],
    ['ai_train: n', 'record'],
    ['ai-train=none, ai-training=no', 'unknown'],
  ])('%s: %s', (text, verdict) => {
    expect(contentSignal(text)).toBe(verdict);
  });
});

describe('readDictionary()', () => {
  it.each([
    ['a=1, b="x\\"y", c=:aGk=:, d=?1, e=@12, f=%"%c3%a9", g=(1 x;q=1 "s");p, h, i=1.5', 'abcdefghi'],
    ['a=(),b=( x )', 'ab'],
    ['*k.-_=t/o:k', ['*k.-_']],
    [' a ', 'a'],
  ])('%s is valid', (text, names) => {
    expect([...(readDictionary(text)?.keys() ?? [])]).toEqual([...names]);
  });

  it.each([
    'A=x',
    'a=x,',
    ',a',
    'a=',
    'a =x',
    'a= x',
    'a="x',
    'a=(x',
    'a=(x"y")',
    'a=1.',
    'a=1.2345',
    'a;=x',
    'ä=x',
    'a b',
  ])('%s is not', (text) => {
    expect(readDictionary(text)).toBeNull();
  });

  it('takes any text, and time linear in its length', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void readDictionary(text)));
    expect(readDictionary(`a="${'\\"'.repeat(500_000)}`)).toBeNull();
  });
});
