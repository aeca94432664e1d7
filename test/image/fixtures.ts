import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ImageSettings } from '../../src/image/job/settings.ts';

const FOLDER = fileURLToPath(new URL('../../fixtures/images/', import.meta.url));

export const imageFixture = (name: string): Buffer => readFileSync(FOLDER + name);

export const imageFixtureNames = (): string[] =>
  readdirSync(FOLDER).filter((name) => !/\.(md|json)$/.test(name));

/** Settings that change nothing but the format. */
export const PLAIN: ImageSettings = {
  imageSize: 64,
  resizeMode: 'no',
  resizeOnlyIfBigger: false,
  upscaleInterpolation: 'lanczos',
  downscaleInterpolation: 'area',
  encodeFormat: 'jpg',
  encodeQuality: 95,
  skipReencode: false,
  disableAllReencoding: false,
  autoOrient: false,
  blur: 'strong',
  minImageSize: 0,
  maxImageArea: Number.POSITIVE_INFINITY,
  maxAspectRatio: Number.POSITIVE_INFINITY,
  rights: 'standard',
  keepRightsMetadata: false,
  extractExif: false,
  computeHash: null,
};
