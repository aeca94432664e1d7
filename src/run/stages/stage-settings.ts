import { headerName } from '../../config/options/request-headers.ts';
import type { Options } from '../../config/resolve.ts';
import type { Column } from '../../core/columns.ts';
import { ruleFilesOf } from '../../core/rights/rule-files.ts';
import { DEFAULT_OPT_OUT_DIRECTIVES } from '../../fetch/http/x-robots-tag.ts';
import type { FetchSettings } from '../../fetch/settings.ts';
import type { ImageSettings } from '../../image/job/settings.ts';
import { maxFileBytes } from '../../output/formats/formats.ts';
import type { DatasetShape } from '../../output/metadata/dataset-shape.ts';
import { VERSION } from '../../util/version.ts';
import { numberingOf } from '../index/numbering.ts';
import { mergesCaptions, pointsToDuplicates, rightsRecord } from '../index/reserved-names.ts';

const PROJECT_URL = 'https://www.npmjs.com/package/laion-fetch';

/** The options of the fetch stage, in its own terms. `maxHeldBytes`: of the bodies of all requests under way. */
export function fetchSettings(options: Options, maxHeldBytes: number): FetchSettings {
  const contact = options.contact === null ? '' : `; ${options.contact}`;
  return {
    concurrency: options.concurrency,
    perHost: options.perHost,
    sharesHosts: options.queue !== null,
    perAddress: options.perAddress,
    perHostRate: options.perHostRate,
    rate: options.rate,
    bandwidth: options.bandwidth,
    timeoutMs: options.timeoutMs,
    deadlineMs: options.deadlineMs,
    maxBodyBytes: options.maxBytes,
    minBodyBytes: options.minBytes,
    maxHeldBytes,
    retries: options.retries,
    resolvers: options.resolver,
    userAgent: options.userAgent ?? `laion-fetch/${VERSION} (+${PROJECT_URL}${contact})`,
    requestHeaders: Object.fromEntries(
      options.requestHeader.map((header) => [headerName(header), header.slice(header.indexOf(':') + 2)]),
    ),
    userAgentToken: options.userAgentToken,
    rights: {
      policy: options.rights,
      files: options.rightsFiles ?? ruleFilesOf(options.rights),
      tokens: options.rightsTokens,
    },
    headersOnly: false,
    baseUrl: options.baseUrl,
    allowStore: options.allowStore,
    optOutDirectives: options.disallowedHeaderDirectives ?? DEFAULT_OPT_OUT_DIRECTIVES,
    allowPrivate: options.allowPrivate,
    ports: options.ports,
    insecureTls: options.insecureTls,
    proxy: options.proxy,
  };
}

/** The options of the decoders, in their own terms. */
export function imageSettings(options: Options): ImageSettings {
  return {
    imageSize: options.imageSize,
    resizeMode: options.resizeMode,
    resizeOnlyIfBigger: options.resizeOnlyIfBigger,
    upscaleInterpolation: options.upscaleInterpolation,
    downscaleInterpolation: options.downscaleInterpolation,
    encodeFormat: options.encodeFormat,
    encodeQuality: options.encodeQuality,
    skipReencode: options.skipReencode,
    disableAllReencoding: options.disableAllReencoding,
    autoOrient: options.autoOrient,
    blur: options.blur,
    minImageSize: options.minImageSize,
    maxImageArea: options.maxImageArea ?? Number.POSITIVE_INFINITY,
    maxAspectRatio: options.maxAspectRatio ?? Number.POSITIVE_INFINITY,
    // The licence may stand in the image alone, and what is not read cannot be kept.
    rights:
      options.rights === 'off' && (options.license !== null || options.keepRightsMetadata)
        ? 'record'
        : options.rights,
    keepRightsMetadata: options.keepRightsMetadata,
    extractExif: options.extractExif,
    computeHash: hashColumn(options),
  };
}

/** What the options and the index's columns decide about the files of the dataset. */
export function datasetShape(
  options: Options,
  index: { columns: readonly Column[]; caption: boolean },
): DatasetShape {
  return {
    numbering: numberingOf(options),
    columns: index.columns,
    caption: index.caption,
    exif: options.extractExif,
    hash: hashColumn(options),
    verifyHash: options.verifyHash !== null,
    mergesCaptions: mergesCaptions(options),
    pointsToDuplicates: pointsToDuplicates(options),
    hasSubfolders: options.subfolderCol !== null,
    rights: rightsRecord(options),
    rightsInJson: options.rightsInJson,
    encodeFormat: options.encodeFormat,
    format: options.outputFormat,
    maxShardBytes: maxFileBytes(options.outputFormat, options.maxShardBytes),
    loaderFiles: options.loaderFiles,
  };
}

const hashColumn = ({ computeHash }: Options): DatasetShape['hash'] =>
  computeHash === 'none' ? null : computeHash;
