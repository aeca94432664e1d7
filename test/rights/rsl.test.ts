import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomNumbers } from '../../bench/web/model/random.ts';
import { readRsl, rslAnswer } from '../../src/rights/files/rsl.ts';
import { mutate } from '../support/bytes/mutate.ts';

const IMAGE = 'https://a.example/images/x.jpg?w=1';
const file = (contents: string, root = '<rsl xmlns="https://rslstandard.org/rsl">'): string =>
  `<?xml version="1.0"?>\n${root}${contents}</rsl>`;
const content = (terms: string, url = '/', more = ''): string =>
  `<content url="${url}"${more}><license>${terms}</license></content>`;
const usage = (kind: 'permits' | 'prohibits', tokens: string): string =>
  `<${kind} type="usage">${tokens}</${kind}>`;

function verdict(text: string, image = IMAGE): string {
  const read = readRsl(Buffer.from(text));
  return read === null ? 'unreadable' : (rslAnswer(read, new URL(image))?.verdict ?? 'none');
}

describe('the terms of a licence', () => {
  it.each([
    [usage('prohibits', 'ai-train'), 'deny'],
    [usage('prohibits', 'search ai-all'), 'deny'],
    [usage('prohibits', 'ALL'), 'deny'],
    [usage('prohibits', 'train-ai'), 'deny'],
    [usage('prohibits', 'ai-input,ai-index'), 'allow'],
    [usage('permits', 'ai-train'), 'allow'],
    [usage('permits', '\n ai-all\n search '), 'allow'],
    [usage('permits', 'all'), 'allow'],
    [usage('permits', 'search'), 'deny'],
    [usage('permits', ''), 'deny'],
    [usage('permits', 'search') + usage('permits', 'ai-train'), 'allow'],
    [usage('permits', 'ai-train') + usage('prohibits', 'ai-train'), 'deny'],
    [usage('permits', 'ai-all') + usage('prohibits', 'ai-input'), 'allow'],
    ['', 'allow'],
    ['<payment type="free"/>', 'allow'],
    [`${usage('permits', 'all')}<payment type="attribution"/>`, 'allow'],
    [
      `${usage('permits', 'all')}<payment type="training"><amount currency="USD">1</amount></payment>`,
      'deny',
    ],
    [`${usage('permits', 'all')}<permits type="user">non-commercial education</permits>`, 'record'],
    [`${usage('permits', 'all')}<permits type="geo">all</permits>`, 'allow'],
    [`${usage('permits', 'search')}<legal><permits type="usage">all</permits></legal>`, 'deny'],
    ['<!-- <prohibits type="usage">all</prohibits> -->', 'allow'],
    [usage('prohibits', '<![CDATA[ai-train]]>'), 'deny'],
  ])('%s: %s', (terms, expected) => {
    expect(verdict(file(content(terms)))).toBe(expected);
  });

  it('counts several offers together: a prohibition refuses, else one free offer is enough', () => {
    const offers = (...terms: string[]): string =>
      file(`<content url="/">${terms.map((each) => `<license>${each}</license>`).join('')}</content>`);
    const paid = `${usage('permits', 'ai-train')}<payment type="subscription"/>`;
    expect(verdict(offers(paid))).toBe('deny');
    expect(verdict(offers(usage('permits', 'search'), paid))).toBe('deny');
    expect(verdict(offers(paid, usage('permits', 'ai-train')))).toBe('allow');
    expect(verdict(offers(usage('permits', 'all'), usage('prohibits', 'ai-train')))).toBe('deny');
  });

  it('refuses what a server licenses, and says nothing without an offer', () => {
    const served = content(usage('permits', 'all'), '/', ' server="https://s.example"');
    expect(verdict(file(served))).toBe('deny');
    expect(verdict(file('<content url="/"/>'))).toBe('unknown');
  });
});

describe('the paths of a licence', () => {
  const [no, yes] = [usage('prohibits', 'ai-train'), usage('permits', 'ai-train')];

  it.each([
    [content(no, '/images/'), 'deny'],
    [content(no, '/texts/'), 'none'],
    [content(no, '/images/*.jpg$'), 'none'],
    [content(no, '/images/*.jpg'), 'deny'],
    [content(no, 'https://a.example/images/*'), 'deny'],
    [content(no, 'http://A.example:80'), 'deny'],
    [content(no, 'https://b.example/'), 'none'],
    [content(no, 'nonsense'), 'none'],
    [content(no, '/') + content(yes, '/images/'), 'allow'],
    [content(yes, '/') + content(no, '/images/'), 'deny'],
    [content(yes, '/') + content(no, '/'), 'deny'],
  ])('%s: %s', (contents, expected) => {
    expect(verdict(file(contents))).toBe(expected);
  });
});

describe('the file', () => {
  const no = content(usage('prohibits', 'all'));

  it.each([
    [file(no, '<rsl>'), 'deny'],
    [`\ufeff${file(no)}`, 'deny'],
    [file(no).replace('<rsl xmlns=', '<r:rsl xmlns:r=').replace('</rsl>', '</r:rsl>'), 'deny'],
    [file(no, '<rsl xmlns="http://other.example/rsl">'), 'unreadable'],
    [file(no).slice(0, -3), 'unreadable'],
    [`<!DOCTYPE rsl [<!ENTITY a "b">]>${file(no)}`, 'unreadable'],
    [file(`${'<a>'.repeat(70)}${'</a>'.repeat(70)}${no}`), 'unreadable'],
    [`${file(no)}${' '.repeat(256 * 1024)}`, 'unreadable'],
    [file('<content url="/"/>'.repeat(1_001)), 'unreadable'],
    ['<!doctype html><p>Not found', 'unreadable'],
    ['', 'unreadable'],
  ])('%.60s: %s', (text, expected) => {
    expect(verdict(text)).toBe(expected);
  });

  it('may have any bytes, damaged or not', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const read = readRsl(Buffer.from(bytes));
        if (read !== null) rslAnswer(read, new URL(IMAGE));
      }),
    );
    const sample = Buffer.from(file(content(`${usage('permits', 'ai-all')}<payment type="free"/>`)));
    const next = randomNumbers(1);
    for (let run = 0; run < 3_000; run += 1) {
      const read = readRsl(mutate(sample, next));
      if (read !== null) rslAnswer(read, new URL(IMAGE));
    }
  });
});
