import type { Leases } from './broker.ts';

/**
 * How a broker deals the connections of hosts to the machines of a run. Redis (`redis/lease-script.ts`) and PostgreSQL
 * (`postgres/lease-function.ts`) do it alike, at the same cost for any number of machines.
 *
 * The *base* of a machine is how many connections it may have to any host without asking: half of the limit divided by the
 * machines, at least one as long as machines are not more than the limit, and none then. *Leases* are further connections to
 * single hosts. The base of every machine is reserved at each host, also if it has none yet: a machine that joins, or whose
 * share grows, gets its base when all leases have ended that were dealt before. Until then it may lease what is reserved for
 * it; a base that grows takes the place of that many leased connections.
 *
 * Whoever asks first may lease all that is not reserved. If another machine waits for a host, nobody gets more than an equal
 * share of it any more, and who has had more for `TURN_MS` gives the rest back. If machines are more than connections, a
 * share is one connection, which is given back, too.
 */

/** How long the base of a machine that says nothing more is kept for it: longer than it works without the broker. */
export const BASE_MS = 780_000;

/** How long a machine may keep connections that another waits for: shorter than the time after which it asks again. */
export const TURN_MS = 8_000;

/** How long a host counts as waited for after a machine has got less than its share. */
export const WAIT_MS = 5_000;

/** What a broker's script has returned: whether the machine is new, its base, its leases. Null for an outdated call. */
export function leasesOf([isNew, base, ...hosts]: readonly number[]): Leases | null {
  return base === undefined ? null : { isNew: isNew === 1, base, hosts };
}
