import { usageError } from '../../core/errors.ts';
import { isFlag, type NamedOption } from '../options/options.ts';
import { type FlagMeaning, findFlag } from './flag-names.ts';

/** A flag that sets one of our options, under any of its names. */
export interface FlagToken {
  readonly kind: 'flag';
  /** As typed, without its value: `--processes_count`. */
  readonly typed: string;
  readonly option: NamedOption;
  readonly value: string;
}

/** `--url_list` and its value; in our spelling, the index is a plain word. */
export interface IndexToken {
  readonly kind: 'index';
  readonly typed: string;
  readonly value: string;
}

export type Token = FlagToken | IndexToken | { readonly kind: 'word'; readonly text: string };

const BOOLEAN_WORD = /^([Tt]rue|[Ff]alse|0|1|None)$/;

/**
 * Reads a command line as a list of flags and words. Unknown flags and everything after `--` are words. A flag that is
 * accepted but does nothing is omitted, and `notices` gets a line about it.
 * @throws UserError when a value is missing
 */
export function readTokens(argv: readonly string[], notices: string[]): Token[] {
  const tokens: Token[] = [];
  const rest = [...argv];
  for (let text = rest.shift(); text !== undefined; text = rest.shift()) {
    if (text === '--') {
      return [...tokens, ...['--', ...rest].map((word): Token => ({ kind: 'word', text: word }))];
    }
    const [, typed, inline] = /^(--[^=]+)(?:=(.*))?$/s.exec(text) ?? [];
    const meaning = typed && findFlag(typed.slice(2));
    if (!typed || !meaning) {
      tokens.push({ kind: 'word', text });
      continue;
    }
    const boolean =
      meaning.kind === 'option' ? isFlag(meaning.key) : meaning.kind === 'unsupported' && meaning.boolean;
    const value = inline ?? (boolean ? takeBoolean(rest) : takeValue(typed, rest));
    if (meaning.kind === 'option') tokens.push({ kind: 'flag', typed, option: meaning, value });
    else if (meaning.kind === 'index') tokens.push({ kind: 'index', typed, value });
    else if (!isHarmless(meaning, value.toLowerCase())) notices.push(`${typed}: ${meaning.notice}`);
  }
  return tokens;
}

function isHarmless(meaning: FlagMeaning & { kind: 'unsupported' }, value: string): boolean {
  if (!meaning.negated) return meaning.harmless.includes(value);
  return meaning.harmless.includes(value === 'false' || value === '0' ? 'true' : 'false');
}

/** The typed name, with dashes and without a leading `no`: `processes-count`. */
export function baseName({ typed }: FlagToken): string {
  return typed.slice(2).replaceAll('_', '-').toLowerCase().replace(/^no-?/, '');
}

/** The last flag of this name, which is the one that counts. Other names of the same option are not found. */
export function lastFlag(tokens: readonly Token[], name: string): FlagToken | undefined {
  return tokens.findLast((token): token is FlagToken => token.kind === 'flag' && baseName(token) === name);
}

/** Takes the next word only if it can be nothing but a boolean, so that a flag never swallows the index. */
function takeBoolean(rest: string[]): string {
  return rest[0] !== undefined && BOOLEAN_WORD.test(rest[0]) ? (rest.shift() ?? 'true') : 'true';
}

function takeValue(typed: string, rest: string[]): string {
  const value = rest.shift();
  if (value === undefined) throw usageError(`${typed}: expected a value, got none`);
  const name = /^--([^=]+)/.exec(value)?.[1];
  if (name && findFlag(name)) throw usageError(`${typed}: expected a value, got the flag ${value}`);
  return value;
}
