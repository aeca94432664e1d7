import type { Notices } from '../file/notices.ts';
import type { Damage, Member } from './tar-members.ts';

/** The members of a sample that are read; others, such as `.cls`, are not. */
export interface TarSample {
  readonly key: string;
  readonly json: Member | null;
  readonly txt: Member | null;
  readonly image: Member | null;
}

/** Extensions of images; of several in a sample, the first one here counts. */
const IMAGES = ['jpg', 'jpeg', 'png', 'webp', 'gif', 'avif'];

/** webdataset's rule: the key is the path up to the first dot of the name. */
const MEMBER = /^((?:.*\/|)[^./]+)\.([^/]*)$/s;

/**
 * Samples are members that follow each other and have the same key. Another member with the extension of an earlier one
 * begins a new sample with this key, so that nothing is lost. Damage comes behind the sample that it occurs in.
 */
export async function* tarSamples(
  members: AsyncIterable<Member | Damage>,
  notices: Notices,
): AsyncGenerator<TarSample | Damage> {
  let sample: Sample | null = null;
  let damages: Damage[] = [];
  for await (const member of members) {
    if ('damage' in member) {
      if (sample === null) yield member;
      else if (damages.length < MAX_DAMAGES) damages.push(member);
      continue;
    }
    const [, key, extension] = MEMBER.exec(member.name.replace(/^(?:\.\/+)+/, '')) ?? [];
    if (key === undefined || extension === undefined || /(?:^|\/)__[^/]*__$/.test(key)) {
      notices.tell('no sample', `'${member.name}'`, () => 'this is no member of a sample; it is left out');
      continue;
    }
    if (sample !== null && (sample.key !== key || sample.has(extension))) {
      yield sample;
      yield* damages;
      damages = [];
      sample = null;
    }
    sample ??= new Sample(key);
    sample.add(extension.toLowerCase(), member);
  }
  if (sample !== null) yield sample;
  yield* damages;
}

/** A damaged file can have more damages than memory, and a sample is small. */
const MAX_DAMAGES = 100;

class Sample implements TarSample {
  readonly key: string;
  json: Member | null = null;
  txt: Member | null = null;
  readonly #images = new Map<string, Member>();

  constructor(key: string) {
    this.key = key;
  }

  get image(): Member | null {
    const found = IMAGES.find((extension) => this.#images.has(extension));
    return found === undefined ? null : (this.#images.get(found) ?? null);
  }

  has(extension: string): boolean {
    const name = extension.toLowerCase();
    if (name === 'json') return this.json !== null;
    return name === 'txt' ? this.txt !== null : this.#images.has(name);
  }

  add(extension: string, member: Member): void {
    if (extension === 'json') this.json = member;
    else if (extension === 'txt') this.txt = member;
    else if (IMAGES.includes(extension)) this.#images.set(extension, member);
  }
}
