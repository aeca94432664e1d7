/** A place where laion-fetch deliberately writes something other than img2dataset. */
export interface Deviation {
  readonly reason: string;
  /** What img2dataset wrote, in the JSON of a recorded fact. */
  readonly theirs: RegExp;
  /** What laion-fetch writes instead; `$1` as in String.replace. */
  readonly ours: string;
  /** Names of the cases that deviate. Default: all cases. */
  readonly cases?: RegExp;
}

/** Bodies that laion-fetch does not decode, and what it calls them. */
const NO_IMAGES = {
  'image.tiff': ': a TIFF image',
  'image.bmp': ': a BMP image',
  'image.svg': ': an SVG drawing',
  'page.jpg': ': an HTML page',
  'noise.jpg': '',
};

export const DEVIATIONS: readonly Deviation[] = [
  ...Object.entries(NO_IMAGES).map(([name, kind]) => ({
    reason: 'five formats are decoded, and what is none of them is named instead of called damaged',
    theirs: new RegExp(`("${name}":)"(?:\\d+x[^"]*|failed_to_resize: Image decoding error)"`, 'g'),
    ours: `$1"failed_to_resize: not an image in a supported format${kind}"`,
  })),
  {
    reason: 'an empty body is a failed download; the message has no path from the build of OpenCV',
    theirs: /failed_to_resize: OpenCV[^"]*buf\.empty[^"]*/g,
    ours: 'failed_to_download: the body is empty',
  },
  {
    reason: 'an empty body is not a success',
    theirs: /not measured, \.jpg of 0 bytes/g,
    ours: 'failed_to_download: the body is empty',
  },
  {
    reason: 'sizes that JPEG cannot hold are refused with a clear message',
    theirs: /'tuple' object has no attribute 'tobytes'/g,
    ours: 'the resized image cannot be encoded in the requested format',
  },
  {
    reason: 'a JPEG without JFIF or Exif markers is still a JPEG and is kept',
    theirs: /("display-p3\.jpg":"[^"]*)"/g,
    ours: '$1 icc"',
    cases: /^--skip_reencode/,
  },
  {
    reason: 'redirects are limited to ten',
    theirs: /HTTP Error 302: [^"]*/g,
    ours: 'more than 10 redirects',
  },
  {
    reason: 'network failures have one message per code',
    theirs: /IncompleteRead[^"]*/g,
    ours: 'the body is shorter or longer than declared',
  },
  {
    reason: 'content encodings are decoded whether requested or not',
    theirs: /("gzip":)"failed_to_resize: Image decoding error"/g,
    ours: '$1"8x8 of 128x96"',
  },
  {
    reason: 'none means noindex and nofollow',
    theirs: /("none":)"\d+x[^"]*"/g,
    ours: '$1"failed_to_download: Use of image disallowed by X-Robots-Tag directive"',
    cases: /^--(image_size|user_agent_token)/,
  },
  {
    reason: 'digests are compared without regard to case',
    theirs: /failed_to_download: hash mismatch/g,
    ours: '256x256 of 9x7',
    cases: /^verify_hash, upper case/,
  },
  {
    reason: 'JSON has neither NaN nor infinities',
    theirs: /(\\"odd\\": )-?(?:NaN|Infinity)/g,
    ours: '$1null',
  },
  {
    reason: 'columns of CSV and TSV stay text: guessed types depend on the rows that are sampled',
    theirs: /(similarity|id) (?:DOUBLE|BIGINT)/g,
    ours: '$1 VARCHAR',
    cases: /^(csv|tsv)/,
  },
  {
    reason: 'the same, in the rows',
    theirs: /\[(0\.\d+),/g,
    ours: '["$1",',
    cases: /^(csv|tsv)/,
  },
  {
    reason: 'the same, in the JSON of samples',
    theirs: /(\\"(?:similarity|id)\\": )([\d.]+)/g,
    ours: '$1\\"$2\\"',
    cases: /^(csv|tsv)/,
  },
  ...[
    ['GPS GPSVersionID', '\\[0, 0, 0, 0\\]', '[2, 3, 0, 0]'],
    ['EXIF ExifVersion', '', '0232'],
    ['EXIF ComponentsConfiguration', '', 'YCbCr'],
    ['EXIF FileSource', '0', 'Digital Camera'],
    ['Image XPTitle', '\\[0, 0, 0, 0\\]', '[72, 0, 105, 0]'],
    ['Image XPAuthor', '', 'Me'],
  ].map(
    ([tag, theirs, ours]): Deviation => ({
      reason: `exifread-nocycle 3.0.1, which img2dataset 1.47.0 needs, reads every one-byte value as zero: ${tag}`,
      theirs: new RegExp(`(${tag}\\\\+": \\\\+")${theirs}(?=\\\\+")`, 'g'),
      ours: `$1${ours}`,
    }),
  ),
];

/** Whether the deviation applies to the case with this name. */
export function concerns({ cases }: Deviation, caseName: string): boolean {
  return cases === undefined || cases.test(caseName);
}
