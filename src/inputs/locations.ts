import pLimit from 'p-limit';
import picomatch from 'picomatch';
import { isDynamicPattern } from 'tinyglobby';
import { inputError } from '../core/errors.ts';
import { ObjectError } from '../objects/interface/object-error.ts';
import type { ObjectEntry, ObjectReader } from '../objects/interface/object-reader.ts';
import { type OpenedLocation, openLocation, type ReaderOptions } from '../objects/open-reader.ts';
import { redactUrl } from '../util/text/redact-url.ts';
import { datasetMark, fixedFolder, isVisible, type Sought, visibleMatches, withoutShards } from './folder.ts';
import { RemoteFile } from './remote/remote-file.ts';

export interface FoundFiles {
  readonly files: readonly RemoteFile[];
  /** Addresses are below this one; null for a file that was named. */
  readonly base: string | null;
  /** Whether all files of a folder are meant. */
  readonly isFolder: boolean;
}

/**
 * The files that a URL names, by the rules for local files: a file, all files below a folder, or those that match a
 * glob, in the order of their names. Files of which there are too many to be read are not left out here.
 * @throws UserError when there are none, or the place cannot be read
 */
export async function findRemoteFiles(
  pattern: string,
  sought: Sought,
  options: ReaderOptions,
): Promise<FoundFiles> {
  try {
    const location = await openLocation(pattern, options);
    return await (location.lists ? findObjects(location, pattern, sought) : findWebFile(location, pattern));
  } catch (error) {
    if (!(error instanceof ObjectError)) throw error;
    throw inputError(`Cannot read the index '${redactUrl(pattern)}': ${error.message}`, error);
  }
}

async function findWebFile({ reader, path }: OpenedLocation, pattern: string): Promise<FoundFiles> {
  const [file = ''] = path.split(/[?#]/, 1);
  const problem = /[*{}[\]]/.test(file)
    ? 'it is a glob, and a web server does not tell the names of its files'
    : file === '' || file.endsWith('/')
      ? 'it is a folder, and a web server does not tell the names of its files'
      : null;
  if (problem !== null) {
    const remedy = 'name each file, or use a store that lists its files, such as s3:// or hf://';
    throw new ObjectError('refused', `${problem}; ${remedy}`);
  }
  const found = await reader.head(path);
  if (found === null) throw noFile(pattern);
  return { files: [new RemoteFile(reader, found, decoded(nameOf(file)))], base: null, isFolder: false };
}

/** In a URL, names are escaped. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

async function findObjects(
  { reader, path }: OpenedLocation,
  pattern: string,
  sought: Sought,
): Promise<FoundFiles> {
  if (path !== '' && !path.endsWith('/')) {
    const named = await reader.head(path);
    if (named !== null) return { files: [toFile(reader, named)], base: null, isFolder: false };
  }
  const isGlob = isDynamicPattern(path);
  const folder = isGlob ? fixedFolder(path, '') : path.replace(/\/+$/, '');
  const matches = isGlob ? picomatch(path) : () => true;
  const entries = new Map<string, ObjectEntry>();
  for await (const entry of reader.list(folder === '' ? '' : `${folder}/`)) {
    // Some programs make folders visible by an empty object with a slash at its end.
    if (!entry.key.endsWith('/') && matches(entry.key)) entries.set(entry.key, entry);
  }
  const all = [...entries.keys()].sort();
  const visible = isGlob ? visibleMatches(all, folder) : all.filter((key) => isVisible(key, folder));
  const keys = await withoutShards(visible, sought, (above) => isDataset(reader, above));
  const files = keys.flatMap((key) => {
    const entry = entries.get(key);
    return entry === undefined ? [] : [toFile(reader, entry)];
  });
  if (files.length === 0) {
    const what = isGlob ? 'it matches no file' : 'there is no such file or folder';
    throw inputError(`Cannot find the index '${redactUrl(pattern)}': ${what}`);
  }
  return { files, base: reader.address(folder), isFolder: !isGlob };
}

async function isDataset(reader: ObjectReader, folder: string): Promise<boolean> {
  for await (const _ of reader.list(`${datasetMark(folder)}/`)) return true;
  return false;
}

function noFile(pattern: string): Error {
  return inputError(
    `Cannot find the index '${redactUrl(pattern)}': there is no such file; check the address`,
  );
}

function toFile(reader: ObjectReader, entry: ObjectEntry): RemoteFile {
  return new RemoteFile(reader, entry, nameOf(entry.key));
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** So many files are looked at or opened at once. */
const FILES_AT_A_TIME = 8;

/** The results of a function for each of several files, some of them at once, in the order of the files. */
export function forEachFile<T, U>(files: readonly T[], each: (file: T) => Promise<U>): Promise<U[]> {
  return pLimit(FILES_AT_A_TIME).map(files, each);
}
