import { MOST_KEPT, MOST_READ, type NewsCall } from '../interface/broker.ts';

/**
 * Tells and reads what machines have learnt of hosts, as Redis' script does (`redis/news-script.ts`). `given_now` is for
 * tests. Who tells holds a lock of the run until its commit, so that places become visible in their order; who only reads
 * waits for nobody.
 */
export const NEWS_FUNCTION = `
CREATE OR REPLACE FUNCTION laion_fetch.pass_news(
  of_run text, me text, since bigint, given_now bigint, hosts text[], texts text[], keep_ms bigint[]
) RETURNS TABLE (place bigint, host text, machine text, body text, age_ms bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  now_ms bigint;
  latest bigint;
BEGIN
  IF cardinality(hosts) > 0 THEN
    PERFORM pg_advisory_xact_lock(hashtext('laion_fetch.news'), hashtext(of_run));
  END IF;
  now_ms := coalesce(given_now, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint);
  IF cardinality(hosts) > 0 THEN
    DELETE FROM laion_fetch.news WHERE run = of_run AND ends <= now_ms;
    INSERT INTO laion_fetch.news AS own
    SELECT of_run, told.host, me, told.body, now_ms, now_ms + told.keep_ms, nextval('laion_fetch.news_place')
    FROM unnest(hosts, texts, keep_ms) WITH ORDINALITY AS told (host, body, keep_ms, at)
    ORDER BY told.at
    ON CONFLICT (run, host, machine) DO UPDATE
    SET body = excluded.body, said = excluded.said, ends = excluded.ends, place = excluded.place;
    DELETE FROM laion_fetch.news AS old WHERE old.run = of_run AND old.place <= (
      SELECT kept.place FROM laion_fetch.news AS kept WHERE kept.run = of_run
      ORDER BY kept.place DESC OFFSET ${MOST_KEPT} LIMIT 1
    );
  END IF;
  -- A server that has lost its data counts from 1 again.
  SELECT last_value INTO latest FROM laion_fetch.news_place;
  RETURN QUERY
  SELECT told.place, told.host, told.machine, told.body, now_ms - told.said
  FROM laion_fetch.news AS told
  WHERE told.run = of_run AND told.ends > now_ms AND told.place > CASE WHEN since > latest THEN 0 ELSE since END
  ORDER BY told.place LIMIT ${MOST_READ};
END $$;`;

export const PASS_NEWS = 'SELECT * FROM laion_fetch.pass_news($1, $2, $3, $4, $5, $6, $7)';

/** The arguments of the function. `now`: a moment in milliseconds; null for the server's clock. */
export function newsArguments(
  { machine, since, items }: NewsCall,
  run: string,
  now: number | null,
): unknown[] {
  return [
    run,
    machine,
    since,
    now,
    items.map(({ host }) => host),
    items.map(({ text }) => text),
    items.map(({ keepMs }) => Math.ceil(keepMs)),
  ];
}
