import { createHash } from 'node:crypto';

export interface RepoFile {
  readonly content: Buffer;
  /** SHA-256 of a large file, or else git's digest. */
  readonly oid: string;
  readonly isLarge: boolean;
}

export interface RepoCommit {
  readonly id: string;
  readonly title: string;
  readonly parent: string | null;
  readonly files: ReadonlyMap<string, RepoFile>;
}

/** A line of a commit as the hub takes it. */
interface CommitLine {
  readonly key: string;
  readonly value: Readonly<Record<string, string>>;
}

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const small = (content: Buffer): RepoFile => {
  const oid = createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
  return { content, oid, isLarge: false };
};

/** A dataset on the hub: its commits, which stay, its branches, and large objects, whether a commit names them or not. */
export class HubRepo {
  readonly commits = new Map<string, RepoCommit>();
  readonly branches = new Map<string, string>();
  readonly objects = new Map<string, Buffer>();
  readonly parts = new Map<string, Map<number, Buffer>>();

  constructor() {
    const files = new Map([['.gitattributes', small(Buffer.from('*.tar filter=lfs\n'))]]);
    this.#add('main', { title: 'initial commit', parent: null, files });
  }

  /** By branch or id. */
  find(revision: string): RepoCommit | undefined {
    return this.commits.get(this.branches.get(revision === 'HEAD' ? 'main' : revision) ?? revision);
  }

  /** The commits of a branch, the last one first. */
  log(branch = 'main'): RepoCommit[] {
    const found: RepoCommit[] = [];
    for (let commit = this.find(branch); commit !== undefined; commit = this.find(commit.parent ?? '')) {
      found.push(commit);
    }
    return found;
  }

  entry({ files }: RepoCommit, path: string): object | null {
    const file = files.get(path);
    if (file !== undefined) {
      const { oid, content, isLarge } = file;
      const size = content.length;
      return { type: 'file', path, size, oid, ...(isLarge && { lfs: { oid, size, pointerSize: 130 } }) };
    }
    const isFolder = [...files.keys()].some((each) => each.startsWith(`${path}/`));
    return isFolder ? { type: 'directory', path, size: 0, oid: 'tree' } : null;
  }

  /** Null if there is no such folder. */
  list(commit: RepoCommit, folder: string, isRecursive: boolean): object[] | null {
    const base = folder === '' ? '' : `${folder}/`;
    const inside = [...commit.files.keys()].filter((path) => path.startsWith(base));
    if (inside.length === 0 && folder !== '') return null;
    const paths = new Set<string>();
    for (const path of inside) {
      const parts = path.slice(base.length).split('/');
      for (let depth = 1; depth <= (isRecursive ? parts.length : 1); depth += 1) {
        paths.add(base + parts.slice(0, depth).join('/'));
      }
    }
    return [...paths].sort().flatMap((path) => this.entry(commit, path) ?? []);
  }

  commit(branch: string, lines: readonly CommitLine[]): RepoCommit | { status: number; text: string } {
    const head = this.find(branch);
    const header = lines.find(({ key }) => key === 'header')?.value;
    if (head === undefined || header === undefined || !this.branches.has(branch)) {
      return { status: 400, text: 'not a branch, or no header' };
    }
    const { parentCommit } = header;
    if (parentCommit !== undefined && parentCommit !== head.id) {
      return { status: 412, text: 'A commit has happened since. Please refresh and try again.' };
    }
    const files = new Map(head.files);
    for (const { key, value } of lines) {
      const { path = '', content = '', encoding, oid = '' } = value;
      if (key === 'file') {
        files.set(path, small(Buffer.from(content, encoding === 'base64' ? 'base64' : 'utf8')));
      }
      if (key === 'deletedFile' && !files.delete(path)) return { status: 400, text: 'no such file' };
      if (key !== 'lfsFile') continue;
      const object = this.objects.get(oid);
      if (object === undefined) return { status: 400, text: 'the object of a pointer is missing' };
      files.set(path, { content: object, oid, isLarge: true });
    }
    return this.#add(branch, { title: header['summary'] ?? '', parent: head.id, files });
  }

  #add(branch: string, commit: Omit<RepoCommit, 'id'>): RepoCommit {
    const id = createHash('sha1').update(`${commit.parent} ${this.commits.size}`).digest('hex');
    const made = { id, ...commit };
    this.commits.set(id, made);
    this.branches.set(branch, id);
    return made;
  }
}
