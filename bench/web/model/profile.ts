import type { Fate } from './distributions.ts';

export interface HostTraits {
  /** The fate of all its rows; `image` if each row has its own. */
  readonly fate: Fate;
  /** Whether it resets all connections at first. */
  readonly outage: boolean;
  /** Requests per second above which it answers 429; null for most hosts. */
  readonly requestsPerSecond: number | null;
}

/** How the hosts of a web behave, and the fates of their rows. */
export interface Profile {
  /** The host with the most rows first. */
  readonly traits: readonly HostTraits[];
  /** The fate of a row of a host, drawn by a number from 0 up to 1. */
  fateOf(host: number, number: number): Fate;
}

/** `counts`: the rows of each host, the largest first. `next`: numbers from 0 up to 1. */
export type MakeProfile = (counts: Uint32Array, next: () => number) => Profile;

/** Probabilities of fates; the rest to 1 is an image. */
export type Chances = readonly (readonly [fate: Fate, chance: number])[];

/** The fate for a number from 0 up to 1. */
export function drawFate(chances: Chances, number: number): Fate {
  let point = number;
  for (const [fate, chance] of chances) {
    if (point < chance) return fate;
    point -= chance;
  }
  return 'image';
}

/** Percentages as probabilities, in the order of the object. */
export const chancesOf = (percents: Partial<Record<Fate, number>>): Chances =>
  Object.entries(percents).map(([fate, percent]) => [fate as Fate, percent / 100]);
