import { isIP, isIPv6 } from 'node:net';
import { HASHES, type Hash } from '../../core/choices.ts';
import { LICENCE_FAMILIES } from '../../core/licences/families.ts';
import { parseWantedLicence } from '../../core/licences/licence-filter.ts';
import { RULE_FILES, type RuleFile } from '../../core/rights/rule-files.ts';
import type { MachinePart } from '../../core/samples.ts';
import { parseStoreLocation, STORE_EXAMPLES, storeRoot } from '../../core/store-schemes.ts';
import { parseUrl } from '../../util/text/parse-url.ts';
import { isQueueAddress, publicQueueAddress } from '../../util/text/queue-address.ts';
import { isNone, list, type OptionType, text } from './basic-types.ts';
import { parseList } from './parse-list.ts';

/** Column of the index that holds the digest that each body must have. */
export interface HashCheck {
  readonly column: string;
  readonly algorithm: Hash;
}

/** `3/20`: a machine's part of the work, counted from 0, and the number of parts. */
export const machinePart: OptionType<MachinePart | null> = {
  placeholder: '<k/n>',
  expects: 'a part from 0 and the number of parts: 0/20 to 19/20 are all parts of 20',
  acceptsNone: true,
  parse: (text) => {
    if (isNone(text)) return null;
    const [, index, count] = /^(\d{1,6})\/(\d{1,6})$/.exec(text.trim()) ?? [];
    return Number(index) < Number(count) ? { index: Number(index), count: Number(count) } : undefined;
  },
  format: (part) => (part === null ? 'none' : `${part.index}/${part.count}`),
};

/** Where the shards of a run wait: `redis://10.0.0.1:6379`, `postgres://10.0.0.1/laion`. */
export const queueAddress: OptionType<string> = {
  ...text('<url>', 'redis://host, rediss://host or postgres://host/database, with user:password@ if needed'),
  isSecret: true,
  parse: (value) => (isQueueAddress(value) ? value : undefined),
  format: publicQueueAddress,
};

/** `md5:md5`, `md5,md5`, `["md5", "md5"]`: column and algorithm. */
export const hashCheck: OptionType<HashCheck | null> = {
  placeholder: '<col:type>',
  expects: `column:type, where the type is one of ${HASHES.join(', ')}`,
  acceptsNone: true,
  parse: (text) => {
    if (isNone(text)) return null;
    const parts = parseList(text) ?? [];
    const [column, type] = parts.length === 1 ? (/^(.+):(.*)$/s.exec(parts[0] ?? '')?.slice(1) ?? []) : parts;
    const algorithm = HASHES.find((name) => name === type?.trim().toLowerCase());
    return column && algorithm && parts.length <= 2 ? { column, algorithm } : undefined;
  },
  format: (check) => (check === null ? 'none' : `${check.column}:${check.algorithm}`),
};

/** A column's name; null to detect it, false for no captions. */
export const captionColumn: OptionType<string | null | false> = {
  placeholder: '<col>',
  expects: 'the name of a column, or none',
  acceptsNone: true,
  parse: (text) => (isNone(text) ? false : text === '' ? undefined : text),
  format: (column) => (column === null ? 'detected' : column === false ? 'none' : column),
};

/** Names of columns; null for all of them. */
export const columnList: OptionType<readonly string[] | null> = {
  placeholder: '<cols>',
  expects: 'names of columns, such as similarity,punsafe, or all or none',
  acceptsNone: true,
  parse: (text) => (isNone(text) ? [] : text.toLowerCase() === 'all' ? null : parseList(text)),
  format: (columns) => (columns === null ? 'all' : columns.length === 0 ? 'none' : columns.join(',')),
};

/** Names of all columns of a table, each once. */
export const columnNames: OptionType<readonly string[]> = {
  placeholder: '<cols>',
  expects: 'names of columns, each once, such as caption,url',
  acceptsNone: false,
  parse: (text) => {
    const names = parseList(text);
    return names && names.length > 0 && new Set(names).size === names.length ? names : undefined;
  },
  format: (names) => names.join(','),
};

const DELIMITERS: Readonly<Record<string, string>> = {
  '\\t': '\t',
  tab: '\t',
  comma: ',',
  semicolon: ';',
  pipe: '|',
};

/** One character, or the name of one. */
export const delimiter: OptionType<string> = {
  placeholder: '<char>',
  expects: "one character other than a quote, such as ';' or '|', or the word tab",
  acceptsNone: false,
  parse: (text) => {
    const character = DELIMITERS[text.toLowerCase()] ?? text;
    return /^[^"\r\n]$/u.test(character) ? character : undefined;
  },
  format: (character) => (character === '\t' ? 'tab' : character),
};

/** Python's names of encodings that TextDecoder calls otherwise. */
const ENCODINGS: Readonly<Record<string, string>> = {
  'utf-8-sig': 'utf-8',
  'utf-16-le': 'utf-16le',
  'utf-16-be': 'utf-16be',
  'latin-1': 'latin1',
  cp932: 'shift_jis',
  cp936: 'gbk',
  cp949: 'euc-kr',
  cp950: 'big5',
};

/** An encoding that TextDecoder knows, by the name that it gives it. */
export const encoding: OptionType<string> = {
  ...text('<name>', 'an encoding such as utf-8, windows-1252, shift_jis, gb18030 or utf-16le'),
  parse: (value) => {
    const name = value.trim().toLowerCase();
    const dashed = name.replaceAll('_', '-');
    for (const label of [name, dashed, ENCODINGS[dashed] ?? name]) {
      try {
        return new TextDecoder(label).encoding;
      } catch {}
    }
    return undefined;
  },
};

/** Name servers as `address` or `address:port`, the form that node:dns accepts. */
export const nameServers: OptionType<readonly string[]> = {
  ...list('name servers as address or address:port, separated by commas', (server) => {
    const [, bracketed, plain, port] = /^(?:\[(.+)\]|([^[\]]+?))(?::(\d+))?$/.exec(server) ?? [];
    if (isIPv6(server)) return server;
    if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) return undefined;
    return (bracketed !== undefined && isIPv6(bracketed)) || isIP(plain ?? '') === 4 ? server : undefined;
  }),
  format: (servers) => (servers.length === 0 ? "the system's" : servers.join(',')),
};

/** Networks as `address/bits`. A bare address is a network of one. */
export const networks: OptionType<readonly string[]> = {
  ...list('networks such as 127.0.0.0/8 or ::1, separated by commas', (network) => {
    const [address = '', bits, ...rest] = network.split('/');
    const family = isIP(address);
    const most = family === 4 ? 32 : 128;
    if (family === 0 || rest.length > 0) return undefined;
    if (bits === undefined) return `${address}/${most}`;
    return /^\d{1,3}$/.test(bits) && Number(bits) <= most ? network : undefined;
  }),
  format: (items) => (items.length === 0 ? 'none' : items.join(',')),
};

/** Where to listen, as `host:port`. A port alone is one of loopback, so that nothing is open to others unasked. */
export const listenAddress: OptionType<string> = {
  ...text('<host:port>', 'an address to listen at, such as 127.0.0.1:9464'),
  parse: (value) => {
    const [, host, port] = /^(?:(\[[\da-f:.]+\]|[^:[\]\s/@]+):)?(\d{1,5})$/i.exec(value.trim()) ?? [];
    if (port === undefined || Number(port) > 65_535) return undefined;
    if (host?.startsWith('[') && !isIPv6(host.slice(1, -1))) return undefined;
    return `${host ?? '127.0.0.1'}:${Number(port)}`;
  },
};

export const portNumbers: OptionType<readonly number[]> = list(
  'port numbers from 1 to 65535, separated by commas',
  (port) =>
    /^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535 ? Number(port) : undefined,
);

export const processNumbers: OptionType<readonly number[]> = list(
  'numbers of processes, separated by commas',
  (pid) => (/^[1-9]\d{0,9}$/.test(pid) ? Number(pid) : undefined),
);

/** A URL of the web, or `http://` or `https://` alone. */
export const httpUrl: OptionType<string> = {
  ...text('<url>', 'a URL such as https://images.example.org/full/, or https:// alone'),
  parse: (value) => {
    const scheme = /^(https?):\/{0,2}$/i.exec(value.trim())?.[1];
    if (scheme !== undefined) return `${scheme.toLowerCase()}://`;
    const url = parseUrl(value);
    return url !== null && /^https?:$/.test(url.protocol) ? url.href : undefined;
  },
};

/** An HTTP proxy, with or without a user and a password. */
export const httpProxy: OptionType<string> = {
  ...text('<url>', 'an HTTP proxy as http://host:port or http://user:password@host:port'),
  isSecret: true,
  parse: (value) => {
    const url = parseUrl(value);
    if (url === null) return undefined;
    const { protocol, pathname, search, hash, username, password, href } = url;
    const isBare = pathname === '/' && search === '' && hash === '';
    return protocol === 'http:' && isBare && isEncoded(username) && isEncoded(password) ? href : undefined;
  },
  format: (value) => new URL(value).origin,
};

function isEncoded(part: string): boolean {
  try {
    decodeURIComponent(part);
    return true;
  } catch {
    return false;
  }
}

/** Directives of X-Robots-Tag, lower-cased; null for the standard set. */
export const directiveList: OptionType<readonly string[] | null> = {
  // The word none does not empty the list, because it is a directive itself.
  ...list('directives such as noai,noimageai, or [] for none at all', (directive) => directive.toLowerCase()),
  format: (directives) => (directives === null ? 'the standard set' : directives.join(',')),
};

/** Names of robots, as groups of robots.txt have them. */
export const robotTokens: OptionType<readonly string[]> = {
  placeholder: '<names>',
  expects: 'names of robots without blanks, such as CCBot,GPTBot, or none',
  acceptsNone: true,
  parse: (text) => {
    const names = isNone(text) ? [] : parseList(text);
    return names?.every((name) => /^[\w.-]{1,100}$/.test(name)) ? names : undefined;
  },
  format: (names) => (names.length === 0 ? 'none' : names.join(',')),
};

/** Files of rules; null for those of the policy. */
export const ruleFiles: OptionType<readonly RuleFile[] | null> = {
  placeholder: '<names>',
  expects: `names of files, such as ${RULE_FILES.join(',')}, or none`,
  acceptsNone: true,
  parse: (text) => {
    const names = isNone(text) ? [] : parseList(text);
    const files = RULE_FILES.filter((file) => names?.includes(file));
    return files.length === names?.length ? files : undefined;
  },
  format: (files) => (files === null || files.length === 0 ? 'none' : files.join(',')),
};

/** Part of an HTTP header, without characters that could end the header or that HTTP does not allow. */
export const headerText: OptionType<string> = {
  ...text('<text>', 'printable ASCII characters'),
  parse: (value) => (/^[\x20-\x7e]*[\x21-\x7e][\x20-\x7e]*$/.test(value) ? value : undefined),
};

/** Text before keys: characters that tars and files everywhere can have. */
export const keyPrefix: OptionType<string> = {
  ...text('<text>', "at most 40 letters, digits, '-' and '_'"),
  parse: (value) => (/^[\w-]{1,40}$/.test(value) ? value : undefined),
};

/** Places in stores, each in one spelling: `s3://bucket`, `gs://bucket/folder`. */
export const storePlaces: OptionType<readonly string[]> = {
  ...list('places in stores such as s3://bucket or gs://bucket/folder, separated by commas', (place) => {
    const location = parseStoreLocation(place);
    if (location === null || location.kind === 'hub') return undefined;
    return storeRoot(location) + (location.path === '' ? '' : `/${location.path}`);
  }),
  format: (places) => (places.length === 0 ? 'none' : places.join(',')),
};

/** A local folder, or a place in a store. Any other address is rejected, because it would become a folder of that name. */
export const datasetLocation: OptionType<string> = {
  ...text('<dir>', `a folder on this machine, or ${STORE_EXAMPLES}`),
  parse: (value) => {
    if (value.trim() === '') return undefined;
    return /^[a-z][a-z0-9+.-]+:\/\//i.test(value) && parseStoreLocation(value) === null ? undefined : value;
  },
};

/** Names of files, one for each time that the flag is given; in a config file a list of them. */
export const fileList: OptionType<readonly string[]> = {
  placeholder: '<file>',
  expects: 'the name of a file',
  acceptsNone: false,
  parse: (text) => {
    const names = text.trim().startsWith('[') ? parseList(text) : text.split('\n');
    return names?.every((name) => name.trim() !== '') ? names : undefined;
  },
  format: (names) => (names.length === 0 ? 'none' : names.join(', ')),
};

/** Licences by family or identifier. */
export const licenceList: OptionType<readonly string[]> = list(
  `licences such as cc0,by,by-sa, CC-BY-4.0; families are ${LICENCE_FAMILIES.join(', ')}`,
  parseWantedLicence,
);
