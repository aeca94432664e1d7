import { findOption, isFlag, type NamedOption, OPTION_KEYS, optionSpec } from '../options/options.ts';

/** What a flag means, under our name or under img2dataset's. */
export type FlagMeaning =
  | ({ readonly kind: 'option' } & NamedOption)
  | { readonly kind: 'index' }
  | ({ readonly kind: 'unsupported'; readonly negated: boolean } & Unsupported);

/** An option of img2dataset that is accepted and does nothing. */
interface Unsupported {
  readonly boolean: boolean;
  /** Values, in lower case, that need no notice because they request what happens anyway. */
  readonly harmless: readonly string[];
  /** Completes the line `--flag: ...`. */
  readonly notice: string;
}

const UNSUPPORTED: Readonly<Record<string, Unsupported>> = {
  'enable-wandb': {
    boolean: true,
    harmless: ['false', '0', 'none'],
    notice:
      'not supported here: wandb has no library for Node that writes runs for wandb sync; laion-fetch for Python has it',
  },
  'wandb-project': {
    boolean: false,
    harmless: ['img2dataset', 'none'],
    notice: 'not supported here; laion-fetch for Python has it',
  },
  'max-shard-retry': {
    boolean: false,
    harmless: ['1'],
    notice: 'has no effect; run the same command again to finish failed shards',
  },
  // Flags of earlier versions of img2dataset, which some command lines still carry.
  'save-metadata': {
    boolean: true,
    harmless: ['true', '1', 'none'],
    notice: 'has no effect; metadata is always written',
  },
  incremental: {
    boolean: true,
    harmless: ['true', '1', 'none'],
    notice: 'has no effect; --incremental-mode overwrite replaces a dataset',
  },
};

const LEGACY: ReadonlyMap<string, FlagMeaning> = new Map<string, FlagMeaning>([
  ['url-list', { kind: 'index' }],
  ...Object.entries(UNSUPPORTED).flatMap(([name, unsupported]) =>
    spellings(name, unsupported.boolean).map(({ spelling, negated }): [string, FlagMeaning] => [
      spelling,
      { kind: 'unsupported', negated, ...unsupported },
    ]),
  ),
  ...OPTION_KEYS.flatMap((key) =>
    spellings(optionSpec(key).img2dataset, isFlag(key)).map(
      ({ spelling, negated }): [string, FlagMeaning] => [spelling, { kind: 'option', key, negated }],
    ),
  ),
]);

/** img2dataset's names, with dashes, that are accepted in addition to ours. */
export const LEGACY_FLAG_NAMES: readonly string[] = [...LEGACY.keys()];

/** What a flag means. `name` has no leading dashes; underscores count as dashes. */
export function findFlag(name: string): FlagMeaning | undefined {
  const option = findOption(name);
  return option ? { kind: 'option', ...option } : LEGACY.get(name.replaceAll('_', '-').toLowerCase());
}

function spellings(name: string | undefined, boolean: boolean): { spelling: string; negated: boolean }[] {
  if (name === undefined) return [];
  const dashed = name.replaceAll('_', '-');
  const positive = { spelling: dashed, negated: false };
  const negative = [`no-${dashed}`, `no${dashed}`].map((spelling) => ({ spelling, negated: true }));
  return boolean ? [positive, ...negative] : [positive];
}
