import type { Fate } from './distributions.ts';

export interface HostTraits {
  /** What all its rows meet; `image` where each row has a fate of its own. */
  readonly fate: Fate;
  /** Whether it resets all connections in the beginning. */
  readonly outage: boolean;
  /** Requests a second beyond which it answers 429; null for most hosts. */
  readonly requestsPerSecond: number | null;
}

/** What the hosts of a web and their rows meet. */
export interface Profile {
  /** The host with the most rows first. */
  readonly traits: readonly HostTraits[];
  /** What a row of a host meets, by a number from 0 up to 1. */
  fateOf(host: number, number: number): Fate;
}

/** `counts`: the rows of each host, the largest first. `next`: numbers from 0 up to 1. */
export type MakeProfile = (counts: Uint32Array, next: () => number) => Profile;

/** Chances of fates, each 0 to 1; what is left of 1 is an image. */
export type Chances = readonly (readonly [fate: Fate, chance: number])[];

/** The fate at a number from 0 up to 1. */
export function drawFate(chances: Chances, number: number): Fate {
  let point = number;
  for (const [fate, chance] of chances) {
    if (point < chance) return fate;
    point -= chance;
  }
  return 'image';
}

/** Percentages as chances, in the order of the object. */
export const chancesOf = (percents: Partial<Record<Fate, number>>): Chances =>
  Object.entries(percents).map(([fate, percent]) => [fate as Fate, percent / 100]);
