import type { OptionType } from './basic-types.ts';
import { parseList } from './parse-list.ts';

/** What HTTP itself or laion-fetch decides about each request. */
const REFUSED = new Set([
  ...['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'http2-settings', 'via'],
  ...['host', 'content-length', 'content-type', 'content-encoding', 'expect', 'date', 'accept-encoding'],
  // Their answers are no complete image.
  ...['range', 'if-range', 'if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'],
  // Has an option of its own.
  'user-agent',
]);
const MAX_CHARACTERS = 8192;

/** `Name: value`, once for each header; in a config file a list of them. */
export const requestHeaders: OptionType<readonly string[]> = {
  placeholder: '<header>',
  expects:
    "headers as 'Name: value', each name once, in ASCII; not those of a connection, Host, Range, conditions or User-Agent",
  acceptsNone: false,
  isSecret: true,
  parse: (text) => {
    const lines = text.trim().startsWith('[') ? parseList(text) : text.split('\n');
    const headers = lines?.map(readHeader);
    if (headers === undefined || text.length > MAX_CHARACTERS) return undefined;
    if (!headers.every((header) => header !== undefined)) return undefined;
    const names = headers.map((header) => headerName(header));
    return new Set(names).size === names.length ? headers : undefined;
  },
  format: (headers) => (headers.length === 0 ? 'none' : headers.map(headerName).join(', ')),
};

/** The name of a header of the option, in lower case. */
export const headerName = (header: string): string => header.slice(0, header.indexOf(':')).toLowerCase();

/** The header without blanks around its value; undefined if it cannot be sent. */
function readHeader(line: string): string | undefined {
  const [, name, value] =
    /^([\w!#$%&'*+.^`|~-]+):[ \t]*([\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?)[ \t]*$/.exec(line) ?? [];
  if (name === undefined || REFUSED.has(name.toLowerCase()) || /^proxy-/i.test(name)) return undefined;
  return `${name}: ${value}`;
}
