const LABEL = '[a-z0-9_]+(?:-[a-z0-9_]+)*';
const ANY_PORT = '[1-9][0-9]{3}|[1-5][0-9]{4}';
/** An escaped byte, but for that of a dot: a segment of one or two dots is not part of a URL. */
const ESCAPE = '%(?:[013-9A-Fa-f][0-9A-Fa-f]|2[0-9A-DFa-df])';
const FIRST = `(?:[A-Za-z0-9_~!$&'()*+,;=:@-]|${ESCAPE})`;
const OTHER = `(?:[A-Za-z0-9_~!$&'()*+,;=:@.-]|${ESCAPE})`;
const PATH = `(?:/(?:${FIRST}${OTHER}*)?)+`;
const QUERY = '(?:\\?[A-Za-z0-9_~!$&()*+,;=:@.%/?-]*)?';

/**
 * Regular expression of URLs, for RE2 and for JavaScript, that the URL standard leaves as they are, character for
 * character, and whose host is a name in lower case: `https://img-1.a.example:8080/b%20c.jpg?d=1`. Most URLs match as a
 * whole; of others it says nothing, and nothing of lengths. Null if no URL does.
 * @param ports those that may be asked; null for all
 */
export function plainUrlPattern(ports: readonly number[] | null): string | null {
  const schemes = ['http', 'https'].filter((_, at) => ports?.includes([80, 443][at] ?? 0) ?? true);
  if (schemes.length === 0) return null;
  const others = ports?.filter((port) => port !== 80 && port !== 443).join('|') ?? ANY_PORT;
  const port = others === '' ? '' : `(?::(?:${others}))?`;
  return `(?:${schemes.join('|')})://(?:${LABEL}\\.)+[a-z]+${port}${PATH}${QUERY}`;
}
