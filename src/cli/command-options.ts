import { OPTION_KEYS, type OptionKey, optionSpec } from '../config/options/options.ts';

/** Options that change what a download costs. */
export const PLAN_OPTIONS: readonly OptionKey[] = [
  'inputFormat',
  'fromTar',
  'header',
  'delimiter',
  'encoding',
  'records',
  'urlCol',
  'baseUrl',
  'captionCol',
  'columns',
  'where',
  'limit',
  'sample',
  'seed',
  'outputFormat',
  'numberSamplePerShard',
  'extractExif',
  'computeHash',
  'imageSize',
  'resizeMode',
  'resizeOnlyIfBigger',
  'upscaleInterpolation',
  'downscaleInterpolation',
  'autoOrient',
  'encodeFormat',
  'encodeQuality',
  'skipReencode',
  'disableAllReencoding',
  'minImageSize',
  'maxImageArea',
  'maxAspectRatio',
  'minBytes',
  'maxBytes',
  'concurrency',
  'perHost',
  'perHostRate',
  'rate',
  'bandwidth',
  'timeoutMs',
  'retries',
  'allowPrivate',
  'allowStore',
  'ports',
  'decoders',
  'lanes',
  'json',
  'preset',
  'config',
];

export const INSPECT_OPTIONS: readonly OptionKey[] = [
  'inputFormat',
  'header',
  'delimiter',
  'encoding',
  'records',
  'urlCol',
  'captionCol',
  'columns',
  'where',
  'numberSamplePerShard',
  'json',
  'preset',
  'config',
];

/** Options for how to fetch and what to show. The options that shape the dataset are in its manifest. */
export const RETRY_OPTIONS: readonly OptionKey[] = OPTION_KEYS.filter((key) => {
  const { group, dataset } = optionSpec(key);
  return (
    ['Network', 'Rights', 'Politeness and safety', 'Run'].includes(group) &&
    !dataset &&
    !['preset', 'dryRun'].includes(key)
  );
});

/** Options for whom to ask and how: no image is downloaded or decoded. */
export const RECHECK_OPTIONS: readonly OptionKey[] = OPTION_KEYS.filter(
  (key) =>
    ['rights', 'rightsTokens', 'rightsFiles'].includes(key) ||
    (RETRY_OPTIONS.includes(key) &&
      !['denyList', 'maxBytes', 'decoders', 'lanes', 'failUnder', 'allowStore'].includes(key)),
);

export const DOCTOR_OPTIONS: readonly OptionKey[] = [
  'output',
  'outputFormat',
  'concurrency',
  'perHost',
  'resolver',
  'decoders',
  'json',
  'config',
];
