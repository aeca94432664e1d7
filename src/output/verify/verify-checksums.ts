import { oneLine } from '../../core/errors.ts';
import type { FileDigests } from '../metadata/stats.ts';
import type { Store } from '../store/store.ts';
import type { FindingList } from './findings.ts';

/** The digests of a shard's files, by their names, as they are and as they were written down. */
export interface DigestsToCompare {
  /** Of every file that could be read to its end. */
  readonly found: ReadonlyMap<string, string>;
  readonly statistics: FileDigests;
  /** Null where there is no checksum file that can be read. */
  readonly checksums: ReadonlyMap<string, string> | null;
}

/** Reads a checksum file, every line of which must be as `sha256sum` writes it, once for each name. */
export async function readChecksumFile(
  store: Store,
  file: string,
  findings: FindingList,
): Promise<ReadonlyMap<string, string> | null> {
  let text: string;
  try {
    text = (await store.read(file))?.toString('utf8') ?? '';
  } catch (error) {
    findings.add(file, `cannot be read: ${oneLine(error)}`);
    return null;
  }
  const lines = text.split('\n');
  if (lines.pop() !== '') findings.add(file, 'the last line does not end');
  const digests = new Map<string, string>();
  for (const [at, line] of lines.entries()) {
    const [, sha256, name] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? [];
    if (sha256 === undefined || name === undefined) findings.add(file, `line ${at + 1} is none of sha256sum`);
    else if (digests.has(name)) findings.add(file, `names ${name} twice`);
    else digests.set(name, sha256);
  }
  return digests;
}

/** Tells of files that are not what was written, and of names that one side has and the other lacks. */
export function compareDigests(
  { found, statistics, checksums }: DigestsToCompare,
  checksumFile: string,
  findings: FindingList,
): void {
  for (const [name, sha256] of found) {
    const written = { 'the statistics': statistics[name]?.sha256, 'the checksum file': checksums?.get(name) };
    const others = Object.entries(written).flatMap(([where, digest]) =>
      digest === undefined || digest === sha256 ? [] : [where],
    );
    if (others.length > 0) findings.add(name, `does not have the sha256 of ${others.join(' and ')}`);
    if (checksums !== null && !checksums.has(name)) findings.add(checksumFile, `does not name ${name}`);
  }
}
