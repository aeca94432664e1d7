import { type Fate, REFUSING } from './distributions.ts';
import { chancesOf, drawFate, type HostTraits, type Profile } from './profile.ts';

const HOSTS = chancesOf(REFUSING.hosts);
const URLS = chancesOf(REFUSING.urls);

/** Hosts that ration, refuse everything or are gone; elsewhere single URLs that fail, some of them once. */
export function refusals(counts: Uint32Array, next: () => number): Profile {
  const traits = Array.from(counts, (_, place): HostTraits => {
    const number = next();
    const fate: Fate = place < REFUSING.soundHosts ? 'image' : drawFate(HOSTS, number);
    // The numbers below are those of hosts that fail, so rationing hosts are taken from the other end.
    const rations = place >= REFUSING.soundHosts && number >= 1 - REFUSING.rationing.percent / 100;
    return { fate, outage: false, requestsPerSecond: rations ? REFUSING.rationing.requestsPerSecond : null };
  });
  return {
    traits,
    fateOf(host, number) {
      const fate = traits[host]?.fate ?? 'image';
      return fate === 'image' ? drawFate(URLS, number) : fate;
    },
  };
}
