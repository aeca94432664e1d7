import { type Fate, REFUSING } from './distributions.ts';
import { chancesOf, drawFate, type HostTraits, type Profile } from './profile.ts';

const HOSTS = chancesOf(REFUSING.hosts);
const URLS = chancesOf(REFUSING.urls);

/** Hosts that limit requests, refuse everything or are gone; on other hosts, single URLs fail, some only once. */
export function refusals(counts: Uint32Array, next: () => number): Profile {
  const traits = Array.from(counts, (_, place): HostTraits => {
    const number = next();
    const fate: Fate = place < REFUSING.soundHosts ? 'image' : drawFate(HOSTS, number);
    // Low numbers select the hosts that fail, so high numbers select those that limit requests.
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
