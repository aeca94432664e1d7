import { usageError } from '../../core/errors.ts';
import { machineLimits } from '../../util/machine/machine-limits.ts';
import { isFlag, optionName, optionSpec } from '../options/options.ts';
import { parseList } from '../options/parse-list.ts';
import { adaptProcesses } from './processes.ts';
import { baseName, type FlagToken, lastFlag, readTokens, type Token } from './tokens.ts';

export interface Translation {
  /** Flags under our own names as `--name`, `--no-name` or `--name=value`; everything else unchanged. */
  readonly argv: readonly string[];
  /**
   * The flag, as typed, that makes this a command line of img2dataset: `--url_list` or `--output_folder`. Null for a
   * line in our spelling.
   */
  readonly img2datasetFlag: string | null;
  /** One line for each flag that does nothing, or something other than it says. */
  readonly notices: readonly string[];
}

/**
 * Translates a command line that may be img2dataset's into ours: its names, underscores, `--flag True`, `--noflag`,
 * `None`, `--url_list x`. Unknown flags stay unchanged.
 * @throws UserError when a value is missing or two names of one option contradict each other
 */
export function translateArgv(argv: readonly string[], cores = machineLimits().cores): Translation {
  const notices: string[] = [];
  const tokens = dropUnusedSize(adaptProcesses(readTokens(argv, notices), cores, notices), notices);
  refuseContradictions(tokens);
  return { argv: tokens.flatMap(write), img2datasetFlag: findImg2datasetFlag(tokens), notices };
}

/**
 * Every command line names its index and its output, and only a line of img2dataset does so with these two flags. Its
 * other names and its underscores may appear in a line of ours without changing what that line means.
 */
function findImg2datasetFlag(tokens: readonly Token[]): string | null {
  const index = tokens.find((token) => token.kind === 'index');
  return index?.typed ?? lastFlag(tokens, 'output-folder')?.typed ?? null;
}

/** img2dataset ignores `--image_size '(1024, 1024)'` when nothing is resized. */
function dropUnusedSize(tokens: readonly Token[], notices: string[]): readonly Token[] {
  const size = lastFlag(tokens, 'image-size');
  const isUnused = lastFlag(tokens, 'resize-mode')?.value.toLowerCase() === 'no';
  if (!size || !isUnused || (parseList(size.value)?.length ?? 0) < 2) return tokens;
  notices.push(`${size.typed}: has no effect, because --resize-mode no keeps the size of every image`);
  return tokens.filter((token) => token !== size);
}

/** The same name given twice is a correction, and the last one counts. Two names of one option are a mistake. */
function refuseContradictions(tokens: readonly Token[]): void {
  const seen = new Map<string, FlagToken>();
  for (const token of tokens) {
    if (token.kind !== 'flag') continue;
    const earlier = seen.get(token.option.key);
    if (earlier && baseName(earlier) !== baseName(token) && writeFlag(earlier)[0] !== writeFlag(token)[0]) {
      throw usageError(`${earlier.typed} and ${token.typed} contradict each other; use only one of them`);
    }
    seen.set(token.option.key, token);
  }
}

function write(token: Token): string[] {
  if (token.kind === 'flag') return writeFlag(token);
  return [token.kind === 'index' ? token.value : token.text];
}

function writeFlag({ typed, option: { key, negated }, value }: FlagToken): string[] {
  const { type } = optionSpec(key);
  // Python's None means img2dataset's default, which is also ours if the option has no "none".
  if (value === 'None' && !type.acceptsNone) return [];
  if (!isFlag(key)) return [`--${optionName(key)}=${value}`];
  const on = type.parse(value);
  if (on === undefined) throw usageError(`${typed}: expected ${type.expects}, got '${value}'`);
  return [on === negated ? `--no-${optionName(key)}` : `--${optionName(key)}`];
}
