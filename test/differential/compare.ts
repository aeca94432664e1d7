import { concerns, DEVIATIONS } from './deviations.ts';
import type { Observation } from './observe.ts';
import type { CaseRecord } from './records.ts';

/** The facts of ours that a record has. Our own columns and statistics, which follow img2dataset's, and checksums are left out. */
export function comparable(observation: Observation, record: CaseRecord): CaseRecord {
  const { columns, rows, stats } = record;
  const all: Observation = {
    ...observation,
    files: observation.files.filter((name) => !name.endsWith('.sha256')),
    columns: observation.columns.slice(0, columns?.length),
    rows: observation.rows.map((row) => row.slice(0, rows?.[0]?.length)),
    stats: observation.stats.slice(0, stats?.length),
  };
  return Object.fromEntries(Object.keys(record).map((fact) => [fact, all[fact as keyof Observation]]));
}

/** The record as it would be if img2dataset deviated as we do. */
export function deviated(record: CaseRecord, caseName: string): CaseRecord {
  const deviations = DEVIATIONS.filter((deviation) => concerns(deviation, caseName));
  const facts = Object.entries(record).map(([fact, value]) => [
    fact,
    JSON.parse(
      deviations.reduce((text, { theirs, ours }) => text.replace(theirs, ours), JSON.stringify(value)),
    ),
  ]);
  return Object.fromEntries(facts);
}
