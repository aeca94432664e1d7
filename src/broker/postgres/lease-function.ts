import { BASE_MS, type LeaseCall } from '../interface/broker.ts';

/**
 * Deals the connections of hosts to machines by the rule of Redis' script (`redis/lease-script.ts`), in one call for a
 * machine and all its hosts. Moments are milliseconds of the server's clock, `given_now` is for tests. A lock for the run
 * makes one call follow the other. Returns the base and the connections to each host beyond it; null for an outdated call.
 *
 * The base of a machine is its lease of the host '', which no URL has.
 */
export const LEASE_FUNCTIONS = `
-- An equal share for each machine, as far as it wants it. If machines are more than connections, they take turns of 30 s.
-- Others come with the least wanted first, then by name.
CREATE OR REPLACE FUNCTION laion_fetch.share(
  me text, wanted int, others text[], others_wanted int[], connections int, at_ms bigint
) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  machines int := cardinality(others) + 1;
  available int := connections;
  before int := 0;
  place bigint;
BEGIN
  IF wanted = 0 THEN RETURN 0; END IF;
  IF machines > connections THEN
    SELECT count(*) INTO place FROM unnest(others) AS other WHERE other < me COLLATE "C";
    place := place - at_ms / 30000 * connections;
    RETURN CASE WHEN (place % machines + machines) % machines < connections THEN 1 ELSE 0 END;
  END IF;
  FOR at IN 1 .. machines - 1 LOOP
    EXIT WHEN others_wanted[at] > wanted OR (others_wanted[at] = wanted AND others[at] > me COLLATE "C");
    available := available - least(others_wanted[at], available / (machines - before));
    before := before + 1;
  END LOOP;
  RETURN least(wanted, available / (machines - before));
END $$;

CREATE OR REPLACE FUNCTION laion_fetch.lease(
  of_run text, me text, of_call bigint, per_host int, base_ms bigint, lease_ms bigint, given_now bigint,
  own_base int, hosts text[], hosts_held int[], hosts_wanted int[]
) RETURNS int[] LANGUAGE plpgsql AS $$
DECLARE
  now_ms bigint;
  is_end boolean := own_base < 0;
  bases int := per_host / 2;
  dealt int := per_host - per_host / 2;
  machines int;
  taken int;
  need record;
  gets int;
  granted int[];
  recorded int[] := '{}';
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('laion_fetch.lease'), hashtext(of_run));
  now_ms := coalesce(given_now, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint);
  IF (SELECT caller.call >= of_call FROM laion_fetch.caller WHERE run = of_run AND machine = me) THEN
    RETURN NULL;
  END IF;
  IF is_end THEN
    DELETE FROM laion_fetch.caller WHERE run = of_run AND machine = me;
  ELSE
    INSERT INTO laion_fetch.caller VALUES (of_run, me, of_call, now_ms + 2 * base_ms)
    ON CONFLICT (run, machine) DO UPDATE SET call = excluded.call, ends = excluded.ends;
  END IF;
  DELETE FROM laion_fetch.lease WHERE run = of_run AND host = ANY (hosts || ''::text) AND ends <= now_ms;

  -- Half of the limit is for bases, which hold for every host; the rest is dealt host by host.
  SELECT count(*), coalesce(sum(other.held), 0) INTO machines, taken
  FROM laion_fetch.lease AS other WHERE run = of_run AND host = '' AND machine <> me;
  granted := ARRAY[least(greatest(1, bases / (machines + 1)), greatest(0, bases - taken))];
  IF is_end THEN
    DELETE FROM laion_fetch.lease WHERE run = of_run AND host = '' AND machine = me;
  ELSE
    INSERT INTO laion_fetch.lease VALUES (of_run, '', me, greatest(granted[1], own_base), 1, now_ms + base_ms)
    ON CONFLICT (run, host, machine) DO UPDATE
    SET held = excluded.held, wanted = excluded.wanted, ends = excluded.ends;
  END IF;

  FOR need IN
    SELECT asked.held, asked.wanted, coalesce(sum(other.held), 0) AS taken,
      coalesce(array_agg(other.machine ORDER BY other.wanted, other.machine) FILTER (WHERE other.wanted > 0), '{}') AS others,
      coalesce(array_agg(other.wanted ORDER BY other.wanted, other.machine) FILTER (WHERE other.wanted > 0), '{}') AS others_wanted
    FROM unnest(hosts, hosts_held, hosts_wanted) WITH ORDINALITY AS asked (host, held, wanted, at)
    LEFT JOIN laion_fetch.lease AS other ON other.run = of_run AND other.host = asked.host AND other.machine <> me
    GROUP BY asked.at, asked.held, asked.wanted
    ORDER BY asked.at
  LOOP
    gets := least(
      laion_fetch.share(me, need.wanted, need.others, need.others_wanted, dealt, now_ms),
      greatest(0, dealt - need.taken)
    );
    granted := granted || gets;
    recorded := recorded || greatest(need.held, gets);
  END LOOP;

  -- Never less than what the machine may still use, so that the sum stays within the limit whatever becomes of the answer.
  INSERT INTO laion_fetch.lease
  SELECT of_run, asked.host, me, asked.held, asked.wanted, now_ms + lease_ms
  FROM unnest(hosts, recorded, hosts_wanted) AS asked (host, held, wanted)
  WHERE asked.held > 0 OR asked.wanted > 0
  ON CONFLICT (run, host, machine) DO UPDATE
  SET held = excluded.held, wanted = excluded.wanted, ends = excluded.ends;
  DELETE FROM laion_fetch.lease AS own USING unnest(hosts, recorded, hosts_wanted) AS asked (host, held, wanted)
  WHERE run = of_run AND machine = me AND own.host = asked.host AND asked.held = 0 AND asked.wanted = 0;
  RETURN granted;
END $$;`;

export const LEASE = 'SELECT laion_fetch.lease($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) AS granted';

/** The arguments of the function. `now`: a moment in milliseconds; null for the server's clock. */
export function leaseArguments(call: LeaseCall, run: string, now: number | null): unknown[] {
  const { machine, call: number, limit, leaseMs, base, hosts } = call;
  return [
    run,
    machine,
    number,
    limit,
    BASE_MS,
    leaseMs,
    now,
    base,
    hosts.map(({ host }) => host),
    hosts.map(({ held }) => held),
    hosts.map(({ wanted }) => wanted),
  ];
}
