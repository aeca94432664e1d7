import type { LeaseCall } from '../interface/broker.ts';
import { BASE_MS, TURN_MS, WAIT_MS } from '../interface/lease-rule.ts';

/**
 * Deals the connections of hosts to machines by the rule of `interface/lease-rule.ts`, as Redis' script does, in one call
 * for a machine and some of its hosts. Moments are milliseconds of the server's clock, `given_now` is for tests. A lock for
 * the run makes one call follow the other. Returns whether the machine was unknown, the base and the leased connections to
 * each host; null for an outdated call.
 */
export const LEASE_FUNCTIONS = `
DROP FUNCTION IF EXISTS laion_fetch.share, laion_fetch.lease;

CREATE FUNCTION laion_fetch.lease(
  of_run text, me text, of_call bigint, per_host int, lease_ms bigint, given_now bigint,
  claimed int, hosts text[], hosts_held int[], hosts_wanted int[]
) RETURNS int[] LANGUAGE plpgsql AS $$
DECLARE
  now_ms bigint;
  before laion_fetch.caller;
  deal laion_fetch.deal;
  is_new boolean;
  machines int;
  each_gets int;
  reserve int;
  base int;
  own int;
  others_bases int;
  pool int;
  pending int;
  fair int;
  share int;
  need record;
  gets int;
  most int;
  turn bigint;
  waiting bigint;
  granted int[];
  recorded int[] := '{}';
  sums int[] := '{}';
  beyonds int[] := '{}';
  turns bigint[] := '{}';
  waits_until bigint[] := '{}';
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('laion_fetch.lease'), hashtext(of_run));
  now_ms := coalesce(given_now, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint);
  SELECT * INTO before FROM laion_fetch.caller WHERE run = of_run AND machine = me;
  IF before.call >= of_call THEN RETURN NULL; END IF;
  is_new := before.call IS NULL OR before.ends <= now_ms;

  -- What has ended in silence.
  FOR need IN
    UPDATE laion_fetch.caller SET leases_end = 0 WHERE run = of_run AND leases_end > 0 AND leases_end <= now_ms
    RETURNING machine
  LOOP
    WITH ended AS (
      DELETE FROM laion_fetch.lease WHERE run = of_run AND machine = need.machine
      RETURNING lease.host, lease.held, lease.reserved
    )
    UPDATE laion_fetch.host
    SET held = host.held - ended.held, beyond = host.beyond - ended.held + ended.reserved
    FROM ended WHERE host.run = of_run AND host.host = ended.host;
  END LOOP;

  -- The machines of the run, and what each of them may have of any host.
  SELECT 1 + count(*) INTO machines
  FROM laion_fetch.caller WHERE run = of_run AND machine <> me AND ends > now_ms;
  each_gets := CASE WHEN machines <= per_host THEN greatest(1, per_host / 2 / machines) ELSE 0 END;
  SELECT each_gets * (machines - 1) + coalesce(sum(greatest(0, caller.base - each_gets)), 0), coalesce(sum(caller.base), 0)
  INTO reserve, others_bases
  FROM laion_fetch.caller WHERE run = of_run AND machine <> me AND ends > now_ms AND caller.base > 0;
  SELECT * INTO deal FROM laion_fetch.deal WHERE run = of_run;
  deal := (of_run, coalesce(deal.each, 0), coalesce(deal.safe, 0), coalesce(deal.last_end, 0));
  IF is_new OR each_gets > deal.each THEN deal.safe := greatest(deal.safe, deal.last_end); END IF;
  deal.each := each_gets;
  base := least(each_gets, greatest(0, per_host - reserve));
  IF now_ms < deal.safe THEN base := least(base, greatest(0, claimed)); END IF;
  own := CASE WHEN claimed < 0 THEN 0 ELSE greatest(base, claimed) END;

  -- Connections of a host that are not reserved, those of the reserve that I have to lease, and an equal share.
  pool := per_host - reserve - greatest(own, each_gets);
  pending := greatest(0, each_gets - own);
  fair := greatest(0, pool / machines);
  share := greatest(1, fair);
  granted := ARRAY[is_new::int, base];
  FOR need IN
    SELECT asked.held, asked.wanted, coalesce(host.waits, 0) AS waits, coalesce(own.since, 0) AS since,
      coalesce(host.held, 0) - coalesce(own.held, 0) AS sum,
      coalesce(host.beyond, 0) - coalesce(own.held - own.reserved, 0) AS beyond
    FROM unnest(hosts, hosts_held, hosts_wanted) WITH ORDINALITY AS asked (host, held, wanted, at)
    LEFT JOIN laion_fetch.host ON host.run = of_run AND host.host = asked.host
    LEFT JOIN laion_fetch.lease AS own ON own.run = of_run AND own.machine = me AND own.host = asked.host
    ORDER BY asked.at
  LOOP
    gets := need.wanted;
    turn := need.since;
    waiting := need.waits;
    IF need.wanted > 0 THEN
      IF need.waits > now_ms THEN
        gets := least(need.wanted, greatest(need.held, share + pending));
        most := CASE
          WHEN need.held > share + pending THEN share + pending
          WHEN fair = 0 THEN pending
          ELSE need.held
        END;
        IF most < need.held AND turn > 0 AND now_ms - turn >= ${TURN_MS} THEN
          gets := least(need.wanted, most);
          waiting := 0;
          turn := now_ms;
        END IF;
      END IF;
      gets := least(gets, pending + greatest(0, pool - need.beyond), per_host - others_bases - own - need.sum);
      gets := greatest(0, gets);
      IF waiting = need.waits AND gets < least(need.wanted, share + pending) AND waiting < now_ms + ${WAIT_MS / 2} THEN
        waiting := now_ms + ${WAIT_MS};
      END IF;
    END IF;
    granted := granted || gets;
    recorded := recorded || greatest(need.held, gets);
    turns := turns || CASE WHEN gets = 0 THEN 0 WHEN turn = 0 THEN now_ms ELSE turn END;
    sums := sums || need.sum + greatest(need.held, gets);
    beyonds := beyonds || need.beyond + greatest(0, greatest(need.held, gets) - pending);
    waits_until := waits_until || waiting;
    IF greatest(need.held, gets) > 0 THEN deal.last_end := greatest(deal.last_end, now_ms + lease_ms); END IF;
  END LOOP;

  -- Never less than what the machine may still use, so that the sum stays within the limit whatever becomes of the answer.
  INSERT INTO laion_fetch.lease
  SELECT of_run, me, asked.host, asked.held, least(asked.held, pending), asked.since
  FROM unnest(hosts, recorded, turns) AS asked (host, held, since) WHERE asked.held > 0
  ON CONFLICT (run, machine, host) DO UPDATE
  SET held = excluded.held, reserved = excluded.reserved, since = excluded.since;
  DELETE FROM laion_fetch.lease USING unnest(hosts, recorded) AS asked (host, held)
  WHERE run = of_run AND machine = me AND lease.host = asked.host AND asked.held = 0;
  INSERT INTO laion_fetch.host
  SELECT of_run, asked.host, asked.held, asked.beyond, asked.waits
  FROM unnest(hosts, sums, beyonds, waits_until) AS asked (host, held, beyond, waits)
  WHERE asked.held > 0 OR asked.waits > now_ms
  ON CONFLICT (run, host) DO UPDATE SET held = excluded.held, beyond = excluded.beyond, waits = excluded.waits;
  DELETE FROM laion_fetch.host USING unnest(hosts, sums, waits_until) AS asked (host, held, waits)
  WHERE run = of_run AND host.host = asked.host AND asked.held = 0 AND asked.waits <= now_ms;
  INSERT INTO laion_fetch.caller VALUES (of_run, me, of_call, own,
    CASE WHEN claimed < 0 THEN now_ms WHEN own > 0 THEN now_ms + ${BASE_MS} ELSE now_ms + lease_ms END,
    CASE WHEN EXISTS (SELECT FROM laion_fetch.lease WHERE run = of_run AND machine = me) THEN now_ms + lease_ms ELSE 0 END)
  ON CONFLICT (run, machine) DO UPDATE
  SET call = excluded.call, base = excluded.base, ends = excluded.ends, leases_end = excluded.leases_end;
  INSERT INTO laion_fetch.deal VALUES (of_run, deal.each, deal.safe, deal.last_end)
  ON CONFLICT (run) DO UPDATE SET each = excluded.each, safe = excluded.safe, last_end = excluded.last_end;
  RETURN granted;
END $$;`;

export const LEASE = 'SELECT laion_fetch.lease($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AS granted';

/** The arguments of the function. `now`: a moment in milliseconds; null for the server's clock. */
export function leaseArguments(call: LeaseCall, run: string, now: number | null): unknown[] {
  const { machine, call: number, limit, leaseMs, base, hosts } = call;
  return [
    run,
    machine,
    number,
    limit,
    leaseMs,
    now,
    base,
    hosts.map(({ host }) => host),
    hosts.map(({ held }) => held),
    hosts.map(({ wanted }) => wanted),
  ];
}
