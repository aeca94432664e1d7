/** What `yamlText` can write. */
export type YamlValue = string | readonly YamlValue[] | { readonly [key: string]: YamlValue };

/** Texts that every version of YAML reads as themselves without quotes. */
const PLAIN = /^[A-Za-z_][\w-]*$/;
const WORDS = /^(?:y|n|yes|no|true|false|on|off|null)$/i;

/** Lists and objects as YAML in block style, which PyYAML and js-yaml read back. It ends with a line break. */
export function yamlText(value: YamlValue): string {
  return `${linesOf(value).join('\n')}\n`;
}

function linesOf(value: YamlValue): readonly string[] {
  if (typeof value === 'string') return [scalar(value)];
  if (isList(value)) return value.length === 0 ? ['[]'] : value.flatMap(item);
  const members = Object.entries(value);
  return members.length === 0 ? ['{}'] : members.flatMap(([key, each]) => member(key, each));
}

function item(value: YamlValue): readonly string[] {
  return linesOf(value).map((line, at) => (at === 0 ? `- ${line}` : `  ${line}`));
}

function member(key: string, value: YamlValue): readonly string[] {
  const lines = linesOf(value);
  const isBlock = typeof value === 'object' && !/^(?:\[\]|\{\})$/.test(lines[0] ?? '');
  if (!isBlock) return [`${scalar(key)}: ${lines[0]}`];
  return [`${scalar(key)}:`, ...lines.map((line) => `  ${line}`)];
}

function isList(value: Exclude<YamlValue, string>): value is readonly YamlValue[] {
  return Array.isArray(value);
}

/** Quoted where YAML would take a plain text for something else. Only ASCII: YAML forbids some characters, folds others. */
function scalar(text: string): string {
  if (PLAIN.test(text) && !WORDS.test(text)) return text;
  const escaped = [...text].map((character) => {
    const code = character.codePointAt(0) ?? 0;
    if (character === '"' || character === '\\') return `\\${character}`;
    if (code >= 0x20 && code < 0x7f) return character;
    return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
  });
  return `"${escaped.join('')}"`;
}

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0');
