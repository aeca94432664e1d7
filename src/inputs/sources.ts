import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import type { Readable } from 'node:stream';
import { glob, isDynamicPattern } from 'tinyglobby';
import { INPUT_FORMATS } from '../core/choices.ts';
import { inputError, usageError } from '../core/errors.ts';
import { hasErrno } from '../util/files/errno.ts';
import { readUpTo } from '../util/files/read-exactly.ts';
import { redactUrl } from '../util/text/redact-url.ts';
import { contentOf, HEAD_BYTES } from './content.ts';
import type { IndexSource } from './file/index-file.ts';
import { filesBelow, fixedFolder, visibleMatches, withoutShards } from './folder.ts';
import {
  compressionOfFile,
  FORMATS,
  formatOfFile,
  isStreamed,
  type NamedFormat,
  parseInputFormat,
} from './formats.ts';
import type { findRemoteFiles } from './locations.ts';
import { commonFolder, partitionsOf } from './parts/partitions.ts';
import type { RemoteFile } from './remote/remote-file.ts';
import { stdinSource } from './stdin.ts';

export interface FindOptions {
  /** Value of `--input-format`; it overrides the file names. */
  readonly inputFormat?: string | undefined;
  readonly stdin?: Readable;
  /** An HTTP proxy for web servers and the hub; null for none. */
  readonly proxy?: string | null;
  /** The environment, which has the credentials of stores. */
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * The files of an index, in the order of the patterns, inside a folder or a glob sorted by name. A pattern is a file,
 * a folder (its files of known formats, or only those of `inputFormat`, in subfolders, too), a glob, or `-` for
 * standard input. A file whose name equals a glob takes precedence. Files, folders and globs may be on this machine or,
 * as URLs, in a store; of web servers only files.
 * @throws UserError when a pattern finds nothing, or finds a file whose format is unknown
 */
export async function findSources(
  patterns: readonly string[],
  { inputFormat, stdin = process.stdin, proxy = null, env = process.env }: FindOptions = {},
): Promise<IndexSource[]> {
  const wanted = inputFormat === undefined ? null : parseInputFormat(inputFormat);
  const sources: IndexSource[] = [];
  const named = new Set<string>();
  for (const pattern of patterns) {
    if (pattern === '-') {
      if (sources.some(({ name }) => name === '-')) {
        throw usageError("Cannot read standard input twice: expected '-' once among the indexes");
      }
      sources.push(await stdinSource(stdin, wanted));
      continue;
    }
    const { found, base } = /^[a-z][a-z\d+.-]+:\/\//i.test(pattern)
      ? await findInStore(pattern, wanted, { proxy, env })
      : await findHere(pattern, wanted);
    for (const source of found) {
      sources.push(base === null ? source : withFolders(source, base));
      if (base === null) named.add(source.name);
    }
  }
  const folder = commonFolder([...named]);
  return sources.map((source) => (named.has(source.name) ? withFolders(source, folder) : source));
}

function withFolders(source: IndexSource, base: string): IndexSource {
  const partitions = source.path === null ? [] : partitionsOf(source.path, base);
  return partitions.length === 0 ? source : { ...source, partitions };
}

interface Found {
  readonly found: readonly IndexSource[];
  /** The folder below which the files were found; null for a file that was named. */
  readonly base: string | null;
}

async function findHere(pattern: string, wanted: NamedFormat | null): Promise<Found> {
  const { paths, base } = await findFiles(pattern, wanted);
  const found: IndexSource[] = [];
  for (const path of paths) found.push(await fileSource(path, wanted));
  return { found, base };
}

async function findInStore(
  pattern: string,
  wanted: NamedFormat | null,
  options: Parameters<typeof findRemoteFiles>[2],
): Promise<Found> {
  const { findRemoteFiles, forEachFile } = await import('./locations.ts');
  const { files, base, isFolder } = await findRemoteFiles(
    pattern,
    { tars: wantsTars(pattern, wanted) },
    options,
  );
  const isIndex = ({ fileName }: RemoteFile): boolean =>
    base === null ||
    (isFolder || wanted === null
      ? isWanted(
          isFolder ? formatOfFile(fileName) : formatInGlob(fileName, pattern),
          isFolder ? wanted : null,
        )
      : true);
  const chosen = files.filter(isIndex);
  if (chosen.length === 0) {
    const expected =
      wanted === null ? knownExtensions() : `name ending in ${extensionsOf(wanted).join(', ')}`;
    throw inputError(`Cannot find the index '${redactUrl(pattern)}': no file has a ${expected}`);
  }
  return { found: await forEachFile(chosen, (file) => remoteSource(file, wanted)), base };
}

/** Whether tars are meant, also those of datasets. Elsewhere they are data that an index came with. */
function wantsTars(pattern: string, wanted: NamedFormat | null): boolean {
  return wanted?.format === 'webdataset' || pattern.toLowerCase().endsWith('.tar');
}

/** The format of a file that a glob matches; null for a tar if the glob does not end with its extension. */
function formatInGlob(path: string, pattern: string): NamedFormat | null {
  const found = formatOfFile(path);
  return found?.format === 'webdataset' && !wantsTars(pattern, null) ? null : found;
}

async function findFiles(
  pattern: string,
  wanted: NamedFormat | null,
): Promise<{ readonly paths: readonly string[]; readonly base: string | null }> {
  const found = await stat(pattern).catch((error: Error) => {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return null;
    throw inputError(`Cannot read the index '${pattern}': ${error.message}`, error);
  });
  if (found?.isDirectory()) return { paths: await filesInFolder(pattern, wanted), base: pattern };
  if (found !== null) return { paths: [pattern], base: null };
  if (!isDynamicPattern(pattern)) {
    throw inputError(`Cannot find the index '${pattern}': there is no such file, folder or glob match`);
  }
  const base = fixedFolder(pattern);
  const all = await withoutShards(
    await glob(pattern, { expandDirectories: false, absolute: isAbsolute(pattern) }),
    { tars: wantsTars(pattern, wanted) },
  );
  const matches = visibleMatches(all, base);
  // A named format applies to every match. Without one, a README beside the files is not part of the index.
  const files = wanted === null ? matches.filter((path) => formatInGlob(path, pattern) !== null) : matches;
  if (files.length === 0) {
    const detail =
      matches.length === 0 ? 'it matches no file' : `it matches no file with a ${knownExtensions()}`;
    throw inputError(`Cannot find the index '${pattern}': ${detail}`);
  }
  return { paths: [...files].sort(), base };
}

async function filesInFolder(folder: string, wanted: NamedFormat | null): Promise<string[]> {
  const paths = await filesBelow(folder, { tars: wantsTars('', wanted) });
  const names = paths.filter((path) => isWanted(formatOfFile(path), wanted));
  if (names.length === 0) {
    const expected =
      wanted === null ? knownExtensions() : `name ending in ${extensionsOf(wanted).join(', ')}`;
    throw inputError(`Cannot find an index in the folder '${folder}': no file has a ${expected}`);
  }
  return names;
}

function isWanted(found: NamedFormat | null, wanted: NamedFormat | null): boolean {
  if (found === null || wanted === null) return found !== null && found.format !== 'webdataset';
  return (
    found.format === wanted.format &&
    (wanted.compression === 'none' || found.compression === wanted.compression)
  );
}

/** A named format applies to every file, but the name of one may say how that is compressed. */
function wantedFormat(path: string, wanted: NamedFormat | null): NamedFormat | null {
  if (wanted === null || wanted.compression !== 'none' || !isStreamed(wanted.format)) {
    return wanted ?? formatOfFile(path);
  }
  return { ...wanted, compression: compressionOfFile(path) };
}

async function fileSource(path: string, wanted: NamedFormat | null): Promise<IndexSource> {
  const file = await stat(path);
  const named = wantedFormat(path, wanted);
  if (file.isFIFO() || file.isCharacterDevice()) return stdinSource(createReadStream(path), named, path);
  return { name: path, path, bytes: file.size, ...formatByContent(path, await readHead(path), named) };
}

async function remoteSource(file: RemoteFile, wanted: NamedFormat | null): Promise<IndexSource> {
  const { address, fileName, bytes } = file;
  const head = await file.readHead(HEAD_BYTES);
  const format = formatByContent(address, head, wantedFormat(fileName, wanted));
  return { name: address, path: address, bytes, ...format, remote: file };
}

/** What a file's first bytes say counts for more than its name or `--input-format`. */
function formatByContent(
  name: string,
  head: Buffer,
  named: NamedFormat | null,
): Pick<IndexSource, 'format' | 'compression'> {
  const { format, compression, mistake } = contentOf(head);
  if (named === null && format === null) {
    throw usageError(
      `Cannot tell the format of '${name}': expected a ${knownExtensions()}; name it with --input-format`,
    );
  }
  if (mistake !== null) throw inputError(`Cannot read '${name}': ${mistake}`);
  if (named === null || format !== null) return { format: format ?? 'txt', compression: 'none' };
  if (isStreamed(named.format)) {
    return { format: named.format, compression: compression === 'none' ? named.compression : compression };
  }
  const { label } = FORMATS[named.format];
  if (compression !== 'none') {
    throw inputError(
      `Cannot read '${name}' as ${label}: it is compressed with ${compression}; decompress it first`,
    );
  }
  return { format: named.format, compression: 'none' };
}

async function readHead(path: string): Promise<Buffer> {
  try {
    await using file = await open(path);
    return await readUpTo(file, 0, HEAD_BYTES);
  } catch (error) {
    throw inputError(`Cannot read '${path}': ${(error as Error).message}`, error);
  }
}

function extensionsOf({ format, compression }: NamedFormat): readonly string[] {
  const suffix = { none: '', gzip: '.gz', zstd: '.zst' }[compression];
  return FORMATS[format].extensions.map((extension) => extension + suffix);
}

function knownExtensions(): string {
  const all = INPUT_FORMATS.flatMap((format) => FORMATS[format].extensions);
  return `name ending in ${all.join(', ')}, text formats also with .gz or .zst`;
}
