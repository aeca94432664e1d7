const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
};

/**
 * A string as Python's `json.dumps` writes it: ASCII only; every other character is a lower-case `\uXXXX`, or a pair of them
 * beyond the basic plane. A lone surrogate, which UTF-8 cannot hold, becomes U+FFFD.
 */
export function pyJsonString(text: string): string {
  return `"${text.replace(/["\\]|[^ -~]/gu, escapeCharacter)}"`;
}

/** A float as Python's `repr` writes it (1.0, 1e-07, 1e+16); `null` for NaN and the infinities, which JSON does not have. */
export function pyJsonNumber(value: number): string {
  if (!Number.isFinite(value)) return 'null';
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude < 1e-4 || magnitude >= 1e16)) {
    return value.toExponential().replace(/e([+-])(?=\d$)/, 'e$10');
  }
  const digits = Object.is(value, -0) ? '-0' : String(value);
  return Number.isInteger(value) ? `${digits}.0` : digits;
}

function escapeCharacter(character: string): string {
  const short = SHORT_ESCAPES[character];
  if (short !== undefined) return short;
  if (character.length === 2)
    return escapeUnit(character.charCodeAt(0)) + escapeUnit(character.charCodeAt(1));
  const unit = character.charCodeAt(0);
  return escapeUnit(unit >= 0xd800 && unit <= 0xdfff ? 0xfffd : unit);
}

function escapeUnit(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}
