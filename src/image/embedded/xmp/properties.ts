import { readXml } from '../../../util/xml/xml-reader.ts';

/** Namespaces of XMP, by the prefix that files use for them. */
const NAMESPACES = {
  plus: 'http://ns.useplus.org/ldf/xmp/1.0/',
  tdm: 'http://www.w3.org/ns/tdmrep/',
  dc: 'http://purl.org/dc/elements/1.1/',
  xmpRights: 'http://ns.adobe.com/xap/1.0/rights/',
  cc: 'http://creativecommons.org/ns#',
  photoshop: 'http://ns.adobe.com/photoshop/1.0/',
  Iptc4xmpExt: 'http://iptc.org/std/Iptc4xmpExt/2008-02-29/',
  rdf: 'http://www.w3.org/1999/02/22-rdf-syntax-ns#',
} as const;

type Prefix = keyof typeof NAMESPACES;

/** Properties that are read, by the prefix that files use for their namespaces. */
const WANTED: ReadonlySet<string> = new Set([
  ...['plus:DataMining', 'tdm:reservation', 'dc:rights', 'dc:creator', 'cc:license', 'cc:attributionName'],
  ...[
    'xmpRights:WebStatement',
    'xmpRights:UsageTerms',
    'xmpRights:Owner',
    'photoshop:Credit',
    'photoshop:Source',
  ],
  ...['plus:ImageCreatorName', 'plus:CopyrightOwnerName', 'plus:LicensorName', 'plus:LicensorURL'],
  'Iptc4xmpExt:DigitalSourceType',
]);

/** Values of properties, such as `dc:creator`, in the order of the file, each once; of texts in several languages all. */
export type XmpProperties = ReadonlyMap<string, readonly string[]>;

/** Attributes that hold the value of a property, on it or on a node inside it. */
const VALUE_ATTRIBUTES: ReadonlySet<string> = new Set(['rdf:resource', 'rdf:about', 'rdf:value']);

const MAX_VALUE_CHARACTERS = 1024;
const MAX_VALUES = 32;
const MAX_NAMESPACES = 200;

/** Namespaces differ in what they end with and in their scheme. */
const bareUri = (uri: string): string =>
  uri
    .trim()
    .toLowerCase()
    .replace(/^https:/, 'http:')
    .replace(/[/#]+$/, '');
const PREFIX_OF: ReadonlyMap<string, Prefix> = new Map(
  (Object.keys(NAMESPACES) as Prefix[]).map((prefix) => [bareUri(NAMESPACES[prefix]), prefix]),
);

/**
 * The properties of an XMP packet wherever they stand: as an element with a text, a list or an `rdf:resource`, as an
 * attribute, inside a structure, under any prefix. `isDamaged`: it is not XML up to its end.
 */
export function readXmp(packet: Buffer): { readonly properties: XmpProperties; readonly isDamaged: boolean } {
  const reader = new PropertyReader();
  const isWhole = readXml(decodePacket(packet), reader);
  return { properties: reader.values, isDamaged: !isWhole };
}

/** XMP is UTF-8, in rare files UTF-16. Padding and zeros around it are dropped. */
function decodePacket(packet: Buffer): string {
  const [first, second] = packet;
  const isBig = (first === 0 && second === 0x3c) || (first === 0xfe && second === 0xff);
  const isLittle = (first === 0x3c && second === 0) || (first === 0xff && second === 0xfe);
  const encoding = isBig ? 'utf-16be' : isLittle ? 'utf-16le' : 'utf-8';
  return new TextDecoder(encoding).decode(packet).replace(/\0+/g, '');
}

interface Level {
  /** Namespaces by prefix that hold here. */
  readonly names: ReadonlyMap<string, string>;
  /** The property whose value stands here; null for none. */
  readonly property: string | null;
  /** Text of this element alone. */
  text: string;
}

class PropertyReader {
  readonly values = new Map<string, string[]>();
  readonly #levels: Level[] = [];

  readonly onStart = (name: string, attributes: ReadonlyMap<string, string>): void => {
    const parent = this.#levels.at(-1);
    const names = withDeclared(parent?.names ?? NO_NAMES, attributes);
    const known = knownName(name, names);
    const isItem = known?.startsWith('rdf:') ?? false;
    const property = known !== null && WANTED.has(known) ? known : isItem ? (parent?.property ?? null) : null;
    for (const [attribute, value] of attributes) {
      const meant = knownName(attribute, names);
      if (meant !== null && WANTED.has(meant)) this.#add(meant, value);
      else if (property !== null && meant !== null && VALUE_ATTRIBUTES.has(meant)) this.#add(property, value);
    }
    this.#levels.push({ names, property, text: '' });
  };

  readonly onText = (text: string): void => {
    const level = this.#levels.at(-1);
    if (level?.property && level.text.length < MAX_VALUE_CHARACTERS) level.text += text;
  };

  readonly onEnd = (): void => {
    const level = this.#levels.pop();
    if (level?.property) this.#add(level.property, level.text);
  };

  #add(property: string, text: string): void {
    const value = text.slice(0, MAX_VALUE_CHARACTERS).trim();
    const values = this.values.get(property) ?? [];
    if (value === '' || values.length >= MAX_VALUES || values.includes(value)) return;
    values.push(value);
    this.values.set(property, values);
  }
}

const NO_NAMES: ReadonlyMap<string, string> = new Map();

function withDeclared(
  names: ReadonlyMap<string, string>,
  attributes: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const declared = [...attributes].filter(([name]) => name.startsWith('xmlns:') || name === 'xmlns');
  if (declared.length === 0 || names.size > MAX_NAMESPACES) return names;
  return new Map([...names, ...declared.map(([name, uri]): [string, string] => [name.slice(6), uri])]);
}

/** The name with the usual prefix of its namespace; null for other namespaces. A prefix without one means the usual. */
function knownName(name: string, names: ReadonlyMap<string, string>): string | null {
  const colon = name.indexOf(':');
  const prefix = name.slice(0, Math.max(colon, 0));
  const uri = names.get(prefix) ?? NAMESPACES[prefix as Prefix];
  const usual = uri === undefined ? undefined : PREFIX_OF.get(bareUri(uri));
  return usual === undefined ? null : `${usual}:${name.slice(colon + 1)}`;
}
