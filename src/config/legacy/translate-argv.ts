import { usageError } from '../../core/errors.ts';
import { isFlag, type NamedOption, optionName, optionSpec } from '../options/options.ts';
import { findFlag } from './flag-names.ts';

export interface Translation {
  /** Flags under our own names as `--name`, `--no-name` or `--name=value`; everything else as it stood. */
  readonly argv: readonly string[];
  /** One line for each flag that was accepted but does nothing. */
  readonly notices: readonly string[];
}

interface FlagToken {
  readonly kind: 'flag';
  /** As it was typed, without its value. */
  readonly typed: string;
  readonly option: NamedOption;
  readonly value: string;
}
type Token = FlagToken | { readonly kind: 'word'; readonly text: string };

const BOOLEAN_WORD = /^([Tt]rue|[Ff]alse|0|1|None)$/;

/**
 * Turns a command line that may be img2dataset's into ours: its names, underscores, `--flag True`, `--noflag`, `None`,
 * `--url_list x`. Unknown flags stay as they are. Throws a UserError where a value is missing or two names of one
 * option contradict each other.
 */
export function translateArgv(argv: readonly string[]): Translation {
  const notices: string[] = [];
  const tokens = scaleThreads(readTokens(argv, notices));
  refuseContradictions(tokens);
  return {
    argv: tokens.flatMap((token) => (token.kind === 'word' ? token.text : writeFlag(token))),
    notices,
  };
}

function readTokens(argv: readonly string[], notices: string[]): Token[] {
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
    else if (meaning.kind === 'index') tokens.push({ kind: 'word', text: value });
    else if (!meaning.harmless.includes(value.toLowerCase())) notices.push(`${typed}: ${meaning.notice}`);
  }
  return tokens;
}

/** Takes the next word only where it can be nothing but a boolean, never an index that follows the flag. */
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

/** img2dataset counts threads per process; our concurrency is the whole machine's. */
function scaleThreads(tokens: readonly Token[]): Token[] {
  const processes = tokens.findLast((token) => isTypedAs(token, 'processes-count'));
  const factor = processes?.kind === 'flag' ? Number(processes.value) : 1;
  return tokens.map((token) => {
    if (token.kind === 'word' || !isTypedAs(token, 'thread-count')) return token;
    const threads = Number(token.value) * factor;
    return Number.isSafeInteger(threads) ? { ...token, value: String(threads) } : token;
  });
}

function isTypedAs(token: Token, name: string): boolean {
  return token.kind === 'flag' && baseName(token) === name;
}

/** The same name given twice is a correction and the last one counts; two names of one option are a mistake. */
function refuseContradictions(tokens: readonly Token[]): void {
  const seen = new Map<string, FlagToken>();
  for (const token of tokens) {
    if (token.kind === 'word') continue;
    const earlier = seen.get(token.option.key);
    if (earlier && baseName(earlier) !== baseName(token) && writeFlag(earlier)[0] !== writeFlag(token)[0]) {
      throw usageError(`${earlier.typed} and ${token.typed} contradict each other; give one of them`);
    }
    seen.set(token.option.key, token);
  }
}

function baseName({ typed }: FlagToken): string {
  return typed.slice(2).replaceAll('_', '-').toLowerCase().replace(/^no-?/, '');
}

function writeFlag({ typed, option: { key, negated }, value }: FlagToken): string[] {
  const { kind } = optionSpec(key);
  // Python's None asks for img2dataset's default, which is ours too where there is no "none".
  if (value === 'None' && !kind.acceptsNone) return [];
  if (!isFlag(key)) return [`--${optionName(key)}=${value}`];
  const on = kind.parse(value);
  if (on === undefined) throw usageError(`${typed}: expected ${kind.expects}, got '${value}'`);
  return [on === negated ? `--no-${optionName(key)}` : `--${optionName(key)}`];
}
