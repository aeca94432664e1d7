import { describe, expect, test } from 'vitest';
import { EXIT, type UserError } from '../../../src/core/errors.ts';
import { Breaker } from '../../../src/fetch/breaker/breaker.ts';

function useBreaker() {
  const errors: UserError[] = [];
  return { breaker: new Breaker((error) => errors.push(error)), errors };
}

/** Outcomes of look-ups of as many domains: f failed, s silent, anything else ok. */
function lookUp(breaker: Breaker, outcomes: string): void {
  for (const [position, letter] of [...outcomes].entries()) {
    const outcome = letter === 'f' ? 'failed' : letter === 's' ? 'silent' : 'ok';
    breaker.record('lookup', `www.d${position}.example${position}`, outcome);
  }
}

describe('Breaker', () => {
  test.each([
    ['everything fails', 'ssssssssssssssssssss'],
    ['every second fails', 'fofofofofofofofofofo'],
    ['a good run turns bad', `${'o'.repeat(100)}${'s'.repeat(20)}`],
  ])('trips when %s', (_when, outcomes) => {
    const { breaker, errors } = useBreaker();
    lookUp(breaker, outcomes);
    expect(errors.map(({ exitCode }) => exitCode)).toEqual([EXIT.environment]);
    expect(errors[0]?.message).toMatch(
      /name servers do not answer: \d+ of the last \d+ .*--resolver.*resumes/,
    );
  });

  test.each([
    ['a third fails', 'foofoofoofoofoofoofoofoofoofoofoofoo'],
    ['only ten outcomes are known', 'ssssssssss'],
  ])('does not trip when %s', (_when, outcomes) => {
    const { breaker, errors } = useBreaker();
    lookUp(breaker, outcomes);
    expect(errors).toEqual([]);
  });

  test('counts all failures of one domain as one', () => {
    const { breaker, errors } = useBreaker();
    lookUp(breaker, 'oooo');
    for (let host = 0; host < 100; host += 1) breaker.record('lookup', `h${host}.blogs.example`, 'failed');
    expect(breaker.isPending('lookup')).toBe(false);
    expect(errors).toEqual([]);
  });

  test('does not trip when a run ends with rows that failed before', () => {
    const { breaker, errors } = useBreaker();
    const outcomes = 'ooos'.repeat(15);
    lookUp(breaker, outcomes);
    for (const [position, letter] of [...outcomes, ...outcomes].entries()) {
      const domain = position % outcomes.length;
      if (letter === 's') breaker.record('lookup', `h.d${domain}.example${domain}`, 'silent');
    }
    expect(breaker.isPending('lookup')).toBe(false);
    expect(errors).toEqual([]);
  });

  test.each([
    ['one name, and nobody answers', 's', true],
    ['two domains, and no answer is of use', 'ff', true],
    ['one domain whose servers fail', 'f', false],
    ['one of two', 'fo', false],
  ])('concludes from %s', (_what, outcomes, isBroken) => {
    const { breaker, errors } = useBreaker();
    lookUp(breaker, outcomes);
    expect(breaker.isPending('lookup')).toBe(true);
    expect(breaker.conclude('lookup')).toBe(isBroken);
    expect(errors.length).toBe(isBroken ? 1 : 0);
  });

  test('keeps look-ups and routes apart', () => {
    const { breaker, errors } = useBreaker();
    for (let host = 0; host < 20; host += 1) {
      breaker.record('lookup', `h${host}.example`, 'ok');
      breaker.record('route', `www.h${host}.example${host}`, 'failed');
    }
    expect(breaker.isPending('lookup')).toBe(false);
    expect(errors[0]?.message).toMatch(/no way to the network: 20 of the last 20 hosts/);
  });
});
