/** What a reader of XML meets, one after the other. */
export interface XmlListener {
  /** `attributes` have their names as written. */
  readonly onStart: (name: string, attributes: ReadonlyMap<string, string>) => void;
  readonly onText: (text: string) => void;
  readonly onEnd: () => void;
}

const MAX_DEPTH = 64;
const MAX_ELEMENTS = 20_000;
const MAX_ATTRIBUTES = 200;
const NAME = /[^\s/>=<"']+/y;
const ATTRIBUTE = /\s*([^\s/>=<"']+)\s*=\s*(?:"([^"]*)"|'([^']*)')/y;
const SPACE = /\s*/y;

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/**
 * Reads XML without a document type: no entities but the five of XML and numbers, so that nothing grows. Takes time in
 * proportion to the text. Returns false where the text is no such XML, has more than 64 levels or 20,000 elements; the
 * listener has then met what stands before that.
 */
export function readXml(text: string, { onStart, onText, onEnd }: XmlListener): boolean {
  const open: string[] = [];
  let elements = 0;
  let at = 0;
  while (at < text.length) {
    const next = text.indexOf('<', at);
    if (next === -1) break;
    if (next > at && open.length > 0) onText(decodeText(text.slice(at, next)));
    if (text.startsWith('<?', next)) at = after(text, '?>', next);
    else if (text.startsWith('<!--', next)) at = after(text, '-->', next);
    else if (text.startsWith('<![CDATA[', next)) {
      at = after(text, ']]>', next);
      if (at > 0) onText(text.slice(next + 9, at - 3));
    } else if (text.startsWith('<!', next)) return false;
    else if (text.startsWith('</', next)) {
      at = after(text, '>', next);
      const name = text.slice(next + 2, at - 1).trim();
      if (at === 0 || open.pop() !== name) return false;
      onEnd();
    } else {
      const tag = readTag(text, next + 1);
      elements += 1;
      if (tag === null || elements > MAX_ELEMENTS || open.length >= MAX_DEPTH) return false;
      onStart(tag.name, tag.attributes);
      if (tag.isEmpty) onEnd();
      else open.push(tag.name);
      at = tag.end;
    }
    if (at === 0) return false;
  }
  return open.length === 0 && elements > 0;
}

/** The position behind the mark; 0 if it is missing. */
function after(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from);
  return at === -1 ? 0 : at + mark.length;
}

interface Tag {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly isEmpty: boolean;
  /** Position behind the tag. */
  readonly end: number;
}

function readTag(text: string, from: number): Tag | null {
  NAME.lastIndex = from;
  const name = NAME.exec(text)?.[0];
  if (name === undefined) return null;
  const attributes = new Map<string, string>();
  let at = NAME.lastIndex;
  for (let count = 0; count <= MAX_ATTRIBUTES; count += 1) {
    ATTRIBUTE.lastIndex = at;
    const match = ATTRIBUTE.exec(text);
    if (match === null) break;
    at = ATTRIBUTE.lastIndex;
    attributes.set(match[1] ?? '', decodeText(match[2] ?? match[3] ?? ''));
  }
  SPACE.lastIndex = at;
  SPACE.exec(text);
  at = SPACE.lastIndex;
  if (text[at] === '>') return { name, attributes, isEmpty: false, end: at + 1 };
  return text.startsWith('/>', at) ? { name, attributes, isEmpty: true, end: at + 2 } : null;
}

/** Replaces the entities of XML and numbers of characters. */
function decodeText(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(
    /&(?:#(x[\da-f]{1,6}|\d{1,7})|(\w{2,4}));/gi,
    (whole, number?: string, entity?: string) => {
      if (entity !== undefined) return ENTITIES[entity] ?? whole;
      const code = number?.startsWith('x') ? Number.parseInt(number.slice(1), 16) : Number(number);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
}
