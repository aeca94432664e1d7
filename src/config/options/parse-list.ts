const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

/**
 * Items of a list as people write it on a command line: `a, b`, JSON's `["a", "b"]`, Python's `['a', 'b']` and
 * `('a', 'b')`. Undefined if a bracket or a quote does not close, or an item is empty.
 */
export function parseList(text: string): readonly string[] | undefined {
  const trimmed = text.trim();
  const bracketed = /^\[(.*)\]$/s.exec(trimmed) ?? /^\((.*)\)$/s.exec(trimmed);
  if (!bracketed && /^[[(]/.test(trimmed)) return undefined;
  const inner = (bracketed?.[1] ?? trimmed).trim();
  if (inner === '') return bracketed ? [] : undefined;

  const items: string[] = [];
  const item = /\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^,"'\s](?:[^,"']*[^,"'\s])?))\s*(,\s*|$)/suy;
  while (item.lastIndex < inner.length) {
    const match = item.exec(inner);
    if (!match) return undefined;
    const [, double, single, bare, separator] = match;
    items.push(bare ?? unescapeText(double ?? single ?? ''));
    if (separator === '') return items;
  }
  // Python's one-element tuple ends in a comma. Elsewhere, a final comma is a typing error.
  return trimmed.startsWith('(') ? items : undefined;
}

function unescapeText(text: string): string {
  return text.replace(/\\(?:u([0-9a-f]{4})|(.))/gis, (_, code: string | undefined, character: string) =>
    code === undefined ? (ESCAPES[character] ?? character) : String.fromCharCode(Number.parseInt(code, 16)),
  );
}
