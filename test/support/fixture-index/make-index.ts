/** Writes fixtures/index.parquet, with the same bytes each time: `tsx test/support/fixture-index/make-index.ts`. */
import { BIGINT, DOUBLE, DuckDBInstance, INTEGER, VARCHAR } from '@duckdb/node-api';
import { INDEX_ROWS } from './index-rows.ts';
import { FIXTURE_INDEX } from './materialise-index.ts';

const TABLE = `CREATE TABLE rows (
  "URL" VARCHAR, "TEXT" VARCHAR, "WIDTH" INTEGER, "HEIGHT" INTEGER,
  similarity DOUBLE, punsafe DOUBLE, hash BIGINT, "LICENSE" VARCHAR
)`;

async function main(): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  await connection.run(TABLE);
  const random = splitmix64(20140612n);
  const appender = await connection.createAppender('rows');
  for (const { url, text, width, height } of INDEX_ROWS) {
    appender.appendValue(url, VARCHAR);
    appender.appendValue(text, VARCHAR);
    appender.appendValue(width, INTEGER);
    appender.appendValue(height, INTEGER);
    appender.appendValue(0.28 + fraction(random()) * 0.14, DOUBLE);
    appender.appendValue(fraction(random()) ** 6, DOUBLE);
    appender.appendValue(BigInt.asIntN(64, random()), BIGINT);
    appender.appendValue(fraction(random()) < 0.9 ? '?' : 'CC-BY 4.0', VARCHAR);
    appender.endRow();
  }
  appender.closeSync();
  await connection.run(`COPY rows TO '${FIXTURE_INDEX.replaceAll("'", "''")}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
}

/** SplitMix64 (Steele, Lea, Flood 2014): 64-bit numbers from a seed. */
function splitmix64(seed: bigint): () => bigint {
  let state = seed;
  return () => {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    let mixed = state;
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n);
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn);
    return mixed ^ (mixed >> 31n);
  };
}

const fraction = (bits: bigint): number => Number(bits >> 11n) / 2 ** 53;

await main();
