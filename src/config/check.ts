import { usageError } from '../core/errors.ts';
import { parseStoreLocation } from '../core/store-schemes.ts';
import { formatBytes } from '../util/text/units.ts';
import { type OptionKey, type OptionValues, optionName } from './options/options.ts';

interface Said {
  /** Values set by flags, environment or config file, without defaults and preset. */
  readonly said: Partial<OptionValues>;
  readonly onCommandLine: ReadonlySet<OptionKey>;
}

/** Throws a UserError if options contradict each other, so that none of them is silently ignored. */
export function checkOptions(values: OptionValues, { said, onCommandLine }: Said): void {
  checkEncodeQuality(values);
  checkUntouched(values, onCommandLine);
  checkStream(values);
  const { verifyHash } = values;
  if (verifyHash !== null && said.computeHash !== undefined && said.computeHash !== verifyHash.algorithm) {
    const found = `got ${verifyHash.algorithm} and ${said.computeHash}`;
    throw usageError(`--verify-hash and --compute-hash: expected the same type of digest, ${found}`);
  }
  if (values.rights === 'off' && said.disallowedHeaderDirectives?.length) {
    throw contradiction('rights', 'disallowedHeaderDirectives', 'off ignores every directive');
  }
  if (values.dedupe === 'none' && said.duplicates !== undefined) {
    throw usageError('--duplicates works only with --dedupe url: expected both, got --duplicates alone');
  }
  if (values.subfolderCol !== null && values.outputFormat !== 'files') {
    const found = `got --output-format ${values.outputFormat}`;
    throw usageError(`--subfolder-col works only with --output-format files: expected both, ${found}`);
  }
  checkShardBytes(values);
  checkPart(values);
  checkQueue(values);
  checkHub(values);
  if (values.perAddress !== null && values.proxy !== null) {
    throw contradiction('perAddress', 'proxy', 'the proxy looks names up, so their addresses are unknown');
  }
  if (values.userAgent !== null && values.contact !== null) {
    throw contradiction('userAgent', 'contact', 'the header is sent as given, so put the contact into it');
  }
}

const BEGIN = ' (begin it once with --begin-only)';

/** The parts begin in any order, and none may remove or append what others have written. */
function checkPart(values: OptionValues): void {
  const { part, distributor, queue, incrementalMode, output, beginOnly } = values;
  const isDistributed = distributor !== 'multiprocessing';
  if (isDistributed && queue !== null)
    throw contradiction('distributor', 'queue', 'either gives each machine its shards');
  if (isDistributed && part !== null)
    throw contradiction('distributor', 'part', 'the distributor gives each machine its part');
  if (part === null && !isDistributed) return;
  const divided = isDistributed ? 'distributor' : 'part';
  if (output === '-') throw contradiction('output', divided, 'one machine writes one tar');
  if (beginOnly) throw contradiction(divided, 'beginOnly', 'one machine begins the run for all');
  // The driver begins the run for all parts.
  if (incrementalMode !== 'incremental' && !isDistributed)
    throw contradiction(
      'part',
      'incrementalMode',
      `each part would ${incrementalMode} what others write${BEGIN}`,
    );
}

function checkQueue(values: OptionValues): void {
  const { part, queue, incrementalMode, output, dedupe, keyCol, perAddress } = values;
  if (queue === null) return;
  if (perAddress !== null)
    throw contradiction('perAddress', 'queue', 'machines lease connections to hosts, not to addresses');
  if (part !== null) throw contradiction('part', 'queue', 'the queue gives each machine its shards');
  if (output === '-') throw contradiction('output', 'queue', 'one machine writes one tar');
  if (values.beginOnly) throw contradiction('queue', 'beginOnly', 'the first machine fills the queue');
  if (incrementalMode !== 'incremental')
    throw contradiction(
      'queue',
      'incrementalMode',
      `each machine would ${incrementalMode} what others write${BEGIN}`,
    );
  // Which rows are left out, and which keys are taken, only a machine knows that has read all rows before.
  if (dedupe === 'url') throw contradiction('dedupe', 'queue', 'no machine reads the whole index');
  if (keyCol !== null) throw contradiction('keyCol', 'queue', 'no machine reads the whole index');
}

/** Formats whose shards may have several files of samples. */
const PARTED_FORMATS: readonly OptionValues['outputFormat'][] = ['webdataset', 'tfrecord', 'mds'];
/** MDS is written from memory. */
const MAX_MDS_BYTES = 2 ** 28;

const QUALITIES = {
  jpg: { most: 100, meaning: 'a quality from 0 to 100' },
  png: { most: 9, meaning: 'a compression level from 0 to 9' },
  webp: { most: Number.POSITIVE_INFINITY, meaning: 'a quality from 0 to 100, or above for lossless' },
} as const;

function checkEncodeQuality({ encodeFormat, encodeQuality }: OptionValues): void {
  if (encodeQuality === null || encodeFormat === 'original') return;
  const { most, meaning } = QUALITIES[encodeFormat];
  if (encodeQuality <= most) return;
  throw usageError(
    `--encode-quality: expected ${meaning} with --encode-format ${encodeFormat}, got '${encodeQuality}'`,
  );
}

function checkShardBytes({ maxShardBytes, outputFormat, output }: OptionValues): void {
  if (maxShardBytes === null) return;
  if (!PARTED_FORMATS.includes(outputFormat)) {
    const found = `got --output-format ${outputFormat}`;
    throw usageError(
      `--max-shard-bytes works only with --output-format ${PARTED_FORMATS.join(', ')}: ${found}`,
    );
  }
  if (outputFormat === 'mds' && maxShardBytes > MAX_MDS_BYTES) {
    const found = `got ${formatBytes(maxShardBytes)}`;
    throw usageError(`--max-shard-bytes: expected at most 256MiB with --output-format mds, ${found}`);
  }
  if (output === '-') throw contradiction('output', 'maxShardBytes', 'standard output gets one tar');
}

/** The hub takes at most 10,000 files in a folder, and advises against more than 100 in a commit. */
function checkHub({ output, outputFormat }: OptionValues): void {
  if (output === null || outputFormat !== 'files' || parseStoreLocation(output)?.kind !== 'hub') return;
  const found = 'the hub takes at most 10,000 files in a folder';
  throw usageError(
    `--output-format files does not work with hf://: ${found}; use webdataset, parquet, tfrecord or mds`,
  );
}

/** One tar on standard output is a webdataset, stands alone, and leaves no room there for anything else. */
function checkStream(values: OptionValues): void {
  if (values.output !== '-') return;
  if (values.json) throw contradiction('output', 'json', 'both want standard output');
  if (values.outputFormat !== 'webdataset')
    throw contradiction('output', 'outputFormat', 'only the tars of webdataset go to standard output');
  if (values.incrementalMode !== 'incremental')
    throw contradiction('output', 'incrementalMode', 'standard output holds no dataset');
  if (values.beginOnly) throw contradiction('output', 'beginOnly', 'standard output holds no dataset');
}

/** Downloads that are kept unchanged cannot be resized, rotated or blurred. */
function checkUntouched(values: OptionValues, onCommandLine: ReadonlySet<OptionKey>): void {
  if (values.disableAllReencoding && values.bboxCol !== null) {
    throw contradiction(
      'disableAllReencoding',
      'bboxCol',
      'images that should be blurred would be kept unchanged',
    );
  }
  // img2dataset's lines may have sizes and checks together with --disable_all_reencoding, which ignores them.
  if (values.disableAllReencoding || values.encodeFormat !== 'original') return;
  const isNamed = (key: OptionKey): boolean => onCommandLine.has(key) && values.resizeMode !== 'no';
  const changes: readonly [OptionKey, boolean][] = [
    ['imageSize', isNamed('imageSize')],
    ['resizeMode', isNamed('resizeMode')],
    ['encodeQuality', onCommandLine.has('encodeQuality')],
    ['autoOrient', onCommandLine.has('autoOrient') && values.autoOrient],
    ['bboxCol', values.bboxCol !== null],
  ];
  const found = changes.find(([, asked]) => asked);
  if (found) throw contradiction('encodeFormat', found[0], 'original keeps downloads unchanged');
}

function contradiction(first: OptionKey, second: OptionKey, reason: string): Error {
  const names = `--${optionName(first)} and --${optionName(second)}`;
  return usageError(`${names} contradict each other: ${reason}; use only one of them`);
}
