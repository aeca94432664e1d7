import { oneLine } from '../../core/errors.ts';
import type { FileDigests } from '../metadata/stats.ts';
import type { Store } from '../store/store.ts';
import type { FindingList } from './findings.ts';

/** The digests of a shard's files by name: those found now, and those recorded when the files were written. */
export interface DigestsToCompare {
  /** Digests of the files that could be read to their end. */
  readonly found: ReadonlyMap<string, string>;
  readonly statistics: FileDigests;
  /** Null if no checksum file can be read. */
  readonly checksums: ReadonlyMap<string, string> | null;
}

/** Reads a checksum file. Every line must be in sha256sum's format, and no name may occur twice. */
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
  if (lines.pop() !== '') findings.add(file, 'the last line has no line break');
  const digests = new Map<string, string>();
  for (const [at, line] of lines.entries()) {
    const [, sha256, name] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? [];
    if (sha256 === undefined || name === undefined)
      findings.add(file, `line ${at + 1} is not a sha256sum line`);
    else if (digests.has(name)) findings.add(file, `names ${name} twice`);
    else digests.set(name, sha256);
  }
  return digests;
}

/** Reports files that have changed since they were written, and names that only one side has. */
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
    if (others.length > 0) findings.add(name, `its sha256 differs from ${others.join(' and ')}`);
    if (checksums !== null && !checksums.has(name)) findings.add(checksumFile, `does not name ${name}`);
  }
}
