/** Where laion-fetch writes something else than img2dataset, on purpose. */
export interface Deviation {
  readonly reason: string;
  /** What img2dataset wrote, in the JSON of a recorded fact. */
  readonly theirs: RegExp;
  /** What stands there in ours; `$1` as in String.replace. */
  readonly ours: string;
  /** Cases of other names are left alone. Default: all cases. */
  readonly cases?: RegExp;
}

const NO_PICTURE = 'failed_to_resize: not an image in a supported format';

export const DEVIATIONS: readonly Deviation[] = [
  {
    reason: 'five formats are decoded, TIFF and BMP are not among them',
    theirs: /("image\.(?:tiff|bmp)":)"\d+x[^"]*"/g,
    ours: `$1"${NO_PICTURE}"`,
  },
  {
    reason: 'what is no picture at all is told from a damaged one',
    theirs: /("(?:image\.svg|page\.jpg|noise\.jpg)":)"failed_to_resize: Image decoding error"/g,
    ours: `$1"${NO_PICTURE}"`,
  },
  {
    reason: 'an empty body is a failed download, without the path of a build of OpenCV',
    theirs: /failed_to_resize: OpenCV[^"]*buf\.empty[^"]*/g,
    ours: 'failed_to_download: the body is empty',
  },
  {
    reason: 'an empty body is no success',
    theirs: /not measured, \.jpg of 0 bytes/g,
    ours: 'failed_to_download: the body is empty',
  },
  {
    reason: 'sizes that JPEG cannot hold are refused in words',
    theirs: /'tuple' object has no attribute 'tobytes'/g,
    ours: 'the resized image cannot be encoded in the requested format',
  },
  {
    reason: 'a JPEG is one without the marks JFIF and Exif too, and kept',
    theirs: /("display-p3\.jpg":"[^"]*)"/g,
    ours: '$1 icc"',
    cases: /^--skip_reencode/,
  },
  {
    reason: 'redirects are limited to five',
    theirs: /HTTP Error 302: [^"]*/g,
    ours: 'more than 5 redirects',
  },
  {
    reason: 'failures of the network have one text a code',
    theirs: /IncompleteRead[^"]*/g,
    ours: 'the body is shorter or longer than declared',
  },
  {
    reason: 'content encodings are decoded, asked for or not',
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
    reason: 'columns of CSV and TSV stay text: guessed types depend on the rows that are looked at',
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
      reason: `exifread-nocycle 3.0.1, which img2dataset 1.47.0 needs, takes every value of one byte for zero: ${tag}`,
      theirs: new RegExp(`(${tag}\\\\+": \\\\+")${theirs}(?=\\\\+")`, 'g'),
      ours: `$1${ours}`,
    }),
  ),
];

/** Whether the deviation is about cases of this name. */
export function concerns({ cases }: Deviation, caseName: string): boolean {
  return cases === undefined || cases.test(caseName);
}
