import { describe, expect, test } from 'vitest';
import { EXIT, type UserError } from '../../../src/core/errors.ts';
import { Breaker } from '../../../src/fetch/breaker/breaker.ts';

function useBreaker() {
  const errors: UserError[] = [];
  const clock = { now: 0 };
  const breaker = new Breaker(
    (error) => errors.push(error),
    () => clock.now,
  );
  let domains = 0;
  /** Outcomes of look-ups of as many new domains, a second apart: f failed, s silent, anything else ok. */
  const lookUp = (outcomes: string, everyMs = 1_000) => {
    for (const letter of outcomes) {
      clock.now += everyMs;
      const outcome = letter === 'f' ? 'failed' : letter === 's' ? 'silent' : 'ok';
      breaker.record('lookup', `www.d${domains}.example${domains}`, outcome);
      domains += 1;
    }
  };
  return { breaker, errors, clock, lookUp };
}

describe('Breaker', () => {
  test.each([
    ['everything fails', 'ssssssssssssssssssss'],
    ['every second fails', 'fofofofofofofofofofo'],
    ['a good run turns bad', `${'o'.repeat(100)}${'s'.repeat(20)}`],
  ])('trips when %s', (_when, outcomes) => {
    const { errors, lookUp } = useBreaker();
    lookUp(outcomes);
    expect(errors.map(({ exitCode }) => exitCode)).toEqual([EXIT.environment]);
    expect(errors[0]?.message).toMatch(
      /name servers do not answer: \d+ of the last \d+ .*--resolver.*resumes/,
    );
  });

  test.each([
    ['a third fails', 'foofoofoofoofoofoofoofoofoofoofoofoo'],
    ['only ten outcomes are known', 'ssssssssss'],
  ])('does not trip when %s', (_when, outcomes) => {
    const { errors, lookUp } = useBreaker();
    lookUp(outcomes);
    expect(errors).toEqual([]);
  });

  test('counts failures at the same moment as one piece of evidence', () => {
    const { breaker, errors, lookUp } = useBreaker();
    lookUp('oo');
    lookUp('f'.repeat(50), 0);
    expect(breaker.isPending('lookup')).toBe(false);
    lookUp('o'.repeat(20));
    lookUp('f'.repeat(50), 0.1);
    lookUp('o'.repeat(20));
    expect(errors).toEqual([]);
  });

  test('trips when most answers of each moment are failures, however many a moment has', () => {
    const { errors, lookUp } = useBreaker();
    lookUp('o'.repeat(100));
    lookUp('ffof'.repeat(1_000), 1);
    expect(errors.length).toBe(1);
  });

  test('trips when 20 names are looked up at nearly the same moment and none was ever answered', () => {
    const { errors, lookUp } = useBreaker();
    lookUp('s'.repeat(19), 1);
    expect(errors).toEqual([]);
    lookUp('s');
    expect(errors[0]?.message).toMatch(/20 of the last 20 names/);
  });

  test('concludes from two domains that failed at the same moment', () => {
    const { breaker, lookUp } = useBreaker();
    lookUp('ff', 0);
    expect(breaker.conclude('lookup')).toBe(true);
  });

  test('counts all failures of one domain as one', () => {
    const { breaker, errors, lookUp } = useBreaker();
    lookUp('oooo');
    for (let host = 0; host < 100; host += 1) breaker.record('lookup', `h${host}.blogs.example`, 'failed');
    expect(breaker.isPending('lookup')).toBe(false);
    expect(errors).toEqual([]);
  });

  test('does not trip when a run ends with rows that failed before', () => {
    const { breaker, errors, clock, lookUp } = useBreaker();
    const outcomes = 'ooos'.repeat(15);
    lookUp(outcomes);
    for (const [position, letter] of [...outcomes, ...outcomes].entries()) {
      const domain = position % outcomes.length;
      clock.now += 1_000;
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
    const { breaker, errors, lookUp } = useBreaker();
    lookUp(outcomes);
    expect(breaker.isPending('lookup')).toBe(true);
    expect(breaker.conclude('lookup')).toBe(isBroken);
    expect(errors.length).toBe(isBroken ? 1 : 0);
  });

  test('keeps look-ups and routes apart', () => {
    const { breaker, errors, clock } = useBreaker();
    for (let host = 0; host < 20; host += 1) {
      clock.now += 1_000;
      breaker.record('lookup', `h${host}.example`, 'ok');
      breaker.record('route', `www.h${host}.example${host}`, 'failed');
    }
    expect(breaker.isPending('lookup')).toBe(false);
    expect(errors[0]?.message).toMatch(/the network is unreachable: 20 of the last 20 hosts/);
  });
});
