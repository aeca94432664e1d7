import { type Column, STRING } from '../../core/columns.ts';
import { MAX_CAPTION_BYTES } from '../../core/text-limits.ts';
import { detectCaption, detectUrl } from '../fields/detect-columns.ts';
import { decodeKey, keyLength, splitMembers } from '../json/json-items.ts';
import { type JsonRecord, MAX_RECORD_BYTES } from '../json/json-records.ts';
import type { Member } from './tar-members.ts';
import type { TarSample } from './tar-samples.ts';
import type { Window } from './window.ts';

const CLOSE_BRACE = 0x7d;

/** Names of the columns for what a sample has outside of its JSON. */
interface Names {
  readonly url: string;
  readonly caption: string;
}

/** What the JSON of a sample says by itself. */
interface Known {
  readonly url: string | null;
  readonly caption: string | null;
  readonly hasKey: boolean;
}

/**
 * Turns samples into records: the JSON member, with the key of the sample as `key`. What it lacks is added: the caption
 * from the text member, and the key in place of a URL.
 */
export class SampleRecords {
  readonly #tar: Window;
  /** As the first JSON has them, so that a sample without JSON has the same columns. */
  #names: Names = { url: 'url', caption: 'caption' };
  #isNamed = false;
  /** What was found for the keys of the last JSON: most samples have the same. */
  #last: { readonly keys: string; readonly known: Known } = {
    keys: '',
    known: { url: null, caption: null, hasKey: false },
  };

  constructor(tar: Window) {
    this.#tar = tar;
  }

  async read(sample: TarSample): Promise<JsonRecord> {
    const { key, json, txt } = sample;
    const caption = txt === null ? null : await this.#readCaption(txt);
    if (txt !== null && caption === null) return cut(txt);
    if (json === null) {
      const added = this.#added({ url: null, caption: null, hasKey: false }, key, caption);
      return { where: `'${key}'`, bytes: Buffer.from(JSON.stringify(added)) };
    }
    const where = `'${json.name}'`;
    if (json.bytes > MAX_RECORD_BYTES) return { where, bytes: null };
    const bytes = Buffer.from(await this.#tar.read(json.start, json.bytes));
    if (bytes.length < json.bytes) return cut(json);
    const members = splitMembers(bytes);
    const end = bytes.lastIndexOf(CLOSE_BRACE);
    // It is no object: its reader says so.
    if (members === null || end === -1) return { where, bytes };
    const known = this.#know(members);
    const added = JSON.stringify(this.#added(known, key, caption)).slice(1);
    const comma = members.length === 0 || added === '}' ? '' : ',';
    return { where, bytes: Buffer.concat([bytes.subarray(0, end), Buffer.from(comma + added)]) };
  }

  /** Null if the tar ends within it. A caption that is too long stays so; no more of it is needed. */
  async #readCaption({ start, bytes }: Member): Promise<string | null> {
    const length = Math.min(bytes, MAX_CAPTION_BYTES + 1);
    const content = await this.#tar.read(start, length);
    return content.length < length ? null : content.toString('utf8');
  }

  #added(known: Known, key: string, caption: string | null): Readonly<Record<string, string>> {
    return {
      ...(known.hasKey ? {} : { key }),
      ...(known.url === null ? { [this.#names.url]: key } : {}),
      ...(known.caption === null && caption !== null ? { [this.#names.caption]: caption } : {}),
    };
  }

  #know(members: readonly Buffer[]): Known {
    const keys = members.map((member) => member.toString('latin1', 0, keyLength(member))).join();
    if (keys === this.#last.keys) return this.#last.known;
    const columns = members.map((member): Column => {
      return { name: decodeKey(member.subarray(0, keyLength(member))), type: STRING };
    });
    const url = detectUrl(columns);
    const caption = detectCaption(columns, url.found ?? -1);
    const nameOf = (found: typeof url): string | null =>
      columns[found.found ?? found.candidates[0] ?? -1]?.name ?? null;
    const known = {
      url: nameOf(url),
      caption: nameOf(caption),
      hasKey: columns.some(({ name }) => name === 'key'),
    };
    if (!this.#isNamed) this.#names = { url: known.url ?? 'url', caption: known.caption ?? 'caption' };
    this.#isNamed = true;
    this.#last = { keys, known };
    return known;
  }
}

const cut = ({ name }: Member): JsonRecord => ({
  where: `'${name}'`,
  bytes: null,
  damage: 'the tar ends within it',
});
