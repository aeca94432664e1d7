import type { OptionValues } from './options/options.ts';

/**
 * img2dataset's defaults as far as they shape or place the dataset and differ from ours. How we treat the network stays
 * ours.
 */
const IMG2DATASET: Partial<OptionValues> = {
  output: 'images',
  captionCol: false,
  columns: [],
  outputFormat: 'files',
  imageSize: 256,
  resizeMode: 'border',
  resizeOnlyIfBigger: false,
  skipReencode: false,
  autoOrient: false,
};

export const PRESETS: Readonly<Record<NonNullable<OptionValues['preset']>, Partial<OptionValues>>> = {
  img2dataset: IMG2DATASET,
};
