import {
  DEAD_BY_HOST,
  DEAD_BY_URL,
  EXPECTED_ROWS_PER_SECOND,
  FATES,
  type Fate,
  HEAD,
  OUTAGE,
  THROTTLE,
} from './distributions.ts';
import { chancesOf, drawFate, type HostTraits, type Profile } from './profile.ts';
import { shuffle } from './random.ts';

/** The published shares of links that are dead, by host and by URL; a few hosts throttle or are down at first. */
export function deadLinks(counts: Uint32Array, next: () => number): Profile {
  const rows = counts.reduce((sum, count) => sum + count, 0);
  const fates = deadHosts(counts, rows, next);
  const throttledSeconds = (THROTTLE.shareOfTime * rows) / EXPECTED_ROWS_PER_SECOND;
  const traits = Array.from(counts, (count, place): HostTraits => {
    const rank = place + 1;
    return {
      fate: fates[place] ?? 'image',
      outage: OUTAGE.ranks.some((down) => down === rank),
      requestsPerSecond: THROTTLE.ranks.some((slow) => slow === rank) ? count / throttledSeconds : null,
    };
  });
  const drawn = traits.reduce((sum, host, place) => (isDrawn(host) ? sum + (counts[place] ?? 0) : sum), 0);
  const chances = chancesOf(DEAD_BY_URL);
  return {
    traits,
    fateOf(place, number) {
      const host = traits[place];
      if (host === undefined || !isDrawn(host)) return host?.fate ?? 'image';
      // Dead more often, to make up for the rows that are not drawn.
      return drawFate(chances, (number * drawn) / rows);
    },
  };
}

/** Throttled hosts and hosts that recover serve everything in the end. */
const isDrawn = (host: HostTraits): boolean =>
  host.fate === 'image' && !host.outage && host.requestsPerSecond === null;

/** The fates of completely dead hosts, by the host's position. They come close to their shares of the rows. */
function deadHosts(counts: Uint32Array, rows: number, next: () => number): (Fate | undefined)[] {
  const places = Uint32Array.from({ length: counts.length - HEAD.hosts }, (_, index) => HEAD.hosts + index);
  shuffle(places, next);
  const fates: (Fate | undefined)[] = [];
  let place = 0;
  for (const fate of FATES) {
    if (!(fate in DEAD_BY_HOST)) continue;
    const percent = DEAD_BY_HOST[fate as keyof typeof DEAD_BY_HOST];
    for (let left = Math.round((percent / 100) * rows); left > 0; place++) {
      const host = places[place];
      if (host === undefined) throw new Error('expected enough hosts outside the head');
      const count = counts[host] ?? 0;
      if (count > left) continue;
      fates[host] = fate;
      left -= count;
    }
  }
  return fates;
}
