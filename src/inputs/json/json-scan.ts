import { type Container, decodeKey } from './json-items.ts';

export type Kind = Container | 'scalar';

/** A member of the object that a file holds. */
export interface Member {
  readonly name: string;
  readonly kind: Kind;
  /** Position of its value's first byte in the text, and the position after its last. */
  readonly start: number;
  readonly end: number;
  /** Values of a list, members of an object. */
  readonly items: number;
  /** The kind of its first item; null without items. */
  readonly first: Kind | null;
  /** Equal for objects with the same keys in the same order; 0 for everything else. */
  readonly keys: number;
}

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_BRACKET, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE] = [0x5b, 0x5d, 0x7b, 0x7d];
const MAX_NAME_BYTES = 64 * 1024;
/** Members beyond these cannot be columns. Each takes about 200 bytes. */
const MAX_MEMBERS = 200_000;

/** Records the members of one JSON object as its bytes pass by. Takes memory for each member, not for its content. */
export class ObjectScan {
  readonly members: Member[] = [];
  /** The first byte after the object that is not blank; null if there is none so far. */
  follower: number | null = null;
  /** Why the text is not one object; null if it might be. */
  fault: string | null = null;

  #place: 'before' | 'inside' | 'after' = 'before';
  /** Bytes of earlier chunks. */
  #passed = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** Whether the next string at depth 1 or 2 is the key of a member. */
  #keyNext = false;
  #inKey = false;
  #name: number[] = [];
  #kind: Kind | null = null;
  #start = 0;
  #commas = 0;
  #first: Kind | null = null;
  #keys = new KeyDigest();

  /** Returns false if the rest does not matter. */
  push(chunk: Buffer): boolean {
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0;
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === BACKSLASH) this.#escaped = true;
        else if (byte === QUOTE) this.#inString = false;
        if (this.#inKey) this.#takeKeyByte(byte);
      } else if (byte > 0x20) {
        this.#take(byte, this.#passed + at);
        if (this.follower !== null || this.fault !== null) return false;
      }
    }
    this.#passed += chunk.length;
    return true;
  }

  end(): void {
    if (this.#place === 'before') this.fault ??= 'it is empty';
    if (this.#place === 'inside')
      this.fault ??= `it ends inside the object, after ${this.members.length} members`;
  }

  #takeKeyByte(byte: number): void {
    if (this.#depth === 2) this.#keys.take(byte);
    else if (this.#inString && this.#name.length < MAX_NAME_BYTES) this.#name.push(byte);
    if (!this.#inString) this.#inKey = false;
  }

  /** Processes a byte that is neither blank nor in a string. */
  #take(byte: number, position: number): void {
    if (this.#place !== 'inside') {
      if (this.#place === 'after') this.follower = byte;
      else if (byte !== OPEN_BRACE) this.fault = `it begins with '${String.fromCharCode(byte)}'`;
      else [this.#place, this.#depth, this.#keyNext] = ['inside', 1, true];
      return;
    }
    const closes = byte === CLOSE_BRACE || byte === CLOSE_BRACKET;
    if (this.#depth === 1) this.#takeMember(byte, position);
    else if (this.#depth === 2 && !closes) this.#takeItem(byte);
    if (byte === QUOTE) this.#inString = true;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      this.#depth += 1;
      this.#keyNext = byte === OPEN_BRACE;
    } else if (closes) {
      this.#depth -= 1;
      this.#keyNext = false;
    }
  }

  /** A byte directly inside the object. */
  #takeMember(byte: number, position: number): void {
    if (byte === QUOTE && this.#keyNext) {
      [this.#inKey, this.#keyNext, this.#name] = [true, false, []];
    } else if (byte === COMMA || byte === CLOSE_BRACE) {
      this.#endMember(position);
      this.#keyNext = byte === COMMA;
      if (byte === CLOSE_BRACE) this.#place = 'after';
    } else if (byte !== COLON && this.#kind === null) {
      [this.#kind, this.#start, this.#commas, this.#first] = [kindOf(byte), position, 0, null];
      this.#keys = new KeyDigest();
    }
  }

  /** A byte directly inside a member's list or object. */
  #takeItem(byte: number): void {
    const isKey = byte === QUOTE && this.#kind === 'object' && this.#keyNext;
    if (isKey) [this.#inKey, this.#keyNext] = [true, false];
    else if (byte === COMMA) {
      this.#commas += 1;
      this.#keyNext = true;
    } else if (byte !== COLON) this.#first ??= kindOf(byte);
  }

  #endMember(position: number): void {
    if (this.#kind === null) return;
    const name = decodeName(this.#name);
    if (this.members.length >= MAX_MEMBERS) this.fault = `it has more than ${MAX_MEMBERS} members`;
    this.members.push({
      name,
      kind: this.#kind,
      start: this.#start,
      end: position,
      items: this.#first === null ? 0 : this.#commas + 1,
      first: this.#first,
      keys: this.#kind === 'object' ? this.#keys.value : 0,
    });
    this.#kind = null;
  }
}

function kindOf(byte: number): Kind {
  if (byte === OPEN_BRACE) return 'object';
  return byte === OPEN_BRACKET ? 'list' : 'scalar';
}

function decodeName(bytes: readonly number[]): string {
  return decodeKey(Buffer.from([QUOTE, ...bytes, QUOTE]));
}

/** 52 bits of a hash of keys, with their closing quotes. */
class KeyDigest {
  #low = 0x811c9dc5;
  #high = 0x9e3779b9;

  take(byte: number): void {
    this.#low = Math.imul(this.#low ^ byte, 0x01000193);
    this.#high = Math.imul((this.#high << 5) ^ (this.#high >>> 27) ^ byte, 0x85ebca6b);
  }

  get value(): number {
    return (this.#high >>> 12) * 2 ** 32 + (this.#low >>> 0);
  }
}
