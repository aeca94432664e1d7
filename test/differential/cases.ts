import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Observation } from './observe.ts';
import { ANSWERS, PICTURES, SIZED } from './web.ts';

/** One run of img2dataset and of laion-fetch. */
export interface Case {
  readonly name: string;
  /** Files of the index, each as a SELECT of DuckDB in which `BASE` stands for the web's address. */
  readonly index: readonly string[];
  /** By img2dataset's name. Default: parquet. */
  readonly inputFormat?: string;
  /** Flags of img2dataset beside those that every run has. */
  readonly flags: readonly string[];
}

/** Cases that are about the same thing and recorded in one file, each by the same facts. */
export interface Theme {
  readonly name: string;
  readonly facts: readonly (keyof Observation)[];
  readonly cases: readonly Case[];
}

const words = (line: string): string[] => line.split(' ');
const BARE = words('--extract_exif False --compute_hash None');

/** Rows of a table as SQL. */
const table = (columns: string, rows: readonly string[]): string =>
  `SELECT * FROM (VALUES ${rows.map((row) => `(${row})`).join(', ')}) AS t(${columns})`;
const urls = (paths: readonly string[]): string =>
  table(
    'url',
    paths.map((path) => `'BASE${path}'`),
  );
const pictures = PICTURES.map((name) => `/pictures/${name}`);

const SHAPES = [
  ...['landscape.jpg', 'portrait.jpg', 'tiny.jpg', 'rgba.png', 'rgb.png', 'gray.jpg'].map(
    (name) => `/pictures/${name}`,
  ),
  ...SIZED.map((size) => `/sized/${size}`),
];

const resizing: Theme = {
  name: 'resizing',
  facts: ['columns', 'rows', 'pictures'],
  cases: [
    ...['no', 'border', 'keep_ratio', 'keep_ratio_largest', 'center_crop'].flatMap((mode) =>
      mode === 'no'
        ? [resizingCase(mode, 256, false)]
        : [256, 100].flatMap((size) => [true, false].map((onlyIfBigger) => resizingCase(mode, size, onlyIfBigger))),
    ),
    {
      name: 'interpolations',
      index: [urls(SHAPES)],
      flags: [
        ...words('--resize_mode border --image_size 100 --upscale_interpolation nearest'),
        ...words('--downscale_interpolation bicubic --encode_format webp --encode_quality 80'),
        ...BARE,
      ],
    },
  ],
};

function resizingCase(mode: string, size: number, onlyIfBigger: boolean): Case {
  const flags = `--resize_mode ${mode} --image_size ${size} --resize_only_if_bigger ${onlyIfBigger ? 'True' : 'False'}`;
  return {
    name: `${mode} ${size}${onlyIfBigger ? ', only if bigger' : ''}`,
    index: [urls(SHAPES)],
    flags: [...words(flags), ...BARE],
  };
}

const encodingCase = (flags: string, paths = pictures): Case => ({
  name: flags.replaceAll('--', ''),
  index: [urls(paths)],
  flags: [...words(flags), ...words('--resize_mode no'), ...BARE],
});

const encoding: Theme = {
  name: 'encoding',
  facts: ['columns', 'rows', 'pictures'],
  cases: [
    encodingCase('--encode_format jpg'),
    encodingCase('--encode_format png --encode_quality 6'),
    encodingCase('--encode_format webp --encode_quality 101'),
    encodingCase('--skip_reencode True'),
    encodingCase('--skip_reencode True --encode_format png --encode_quality 9'),
    encodingCase('--disable_all_reencoding True --image_size 256 --encode_quality 95'),
  ],
};

const CHECKED = [...SIZED.map((size) => `/sized/${size}`), '/pictures/landscape.jpg', '/pictures/tiny.jpg'];
const checksCase = (flags: string): Case => ({
  name: flags.replaceAll('--', ''),
  index: [urls(CHECKED)],
  flags: [...words(flags), ...words('--image_size 64'), ...BARE],
});

const checks: Theme = {
  name: 'checks',
  facts: ['columns', 'rows', 'stats'],
  cases: [
    checksCase('--min_image_size 99'),
    checksCase('--min_image_size 100 --max_image_area 65536'),
    checksCase('--max_image_area 65535.5 --max_aspect_ratio 3'),
    checksCase('--max_aspect_ratio 2.99 --skip_reencode True --resize_only_if_bigger True'),
  ],
};

const DIGESTS = Object.fromEntries(
  (['md5', 'sha256', 'sha512'] as const).map((algorithm) => {
    const bytes = readFileSync(new URL('../../fixtures/pictures/tiny.jpg', import.meta.url));
    return [algorithm, createHash(algorithm).update(bytes).digest('hex')];
  }),
) as Record<'md5' | 'sha256' | 'sha512', string>;

const verifyCase = (algorithm: 'md5' | 'sha256' | 'sha512'): Case => ({
  name: `verify_hash ${algorithm}`,
  index: [
    table('url, score, text, digest', [
      `'BASE/pictures/tiny.jpg', 1, 'right', '${DIGESTS[algorithm]}'`,
      `'BASE/pictures/gray.jpg', 2, 'another picture', '${DIGESTS[algorithm]}'`,
      "'BASE/pictures/tiny.jpg', 3, 'no digest', NULL",
      `'BASE/404', 4, 'gone', '${DIGESTS[algorithm]}'`,
    ]),
  ],
  flags: [
    ...words(`--verify_hash ["digest","${algorithm}"] --compute_hash ${algorithm} --caption_col text`),
    ...words('--save_additional_columns ["score"]'),
  ],
});

const HOSTILE = "'Ünïcødé 🐈 \"quoted\" \\ back' || chr(10) || chr(127) || chr(8232) || 'end'";

const columns: Theme = {
  name: 'columns',
  facts: ['files', 'columns', 'rows', 'pictures', 'texts', 'stats'],
  cases: [
    {
      name: 'values of all kinds',
      index: [
        table('similarity, id, "TEXT", tags, boxes, weight, flag, part, small, "URL"', [
          `0.1::DOUBLE, 9007199254740993, ${HOSTILE}, ['a', 'ü', NULL], [[0.5, 1.0], []], 0.1::FLOAT, true,
            {'a': 1, 'b': 'x'}, 7::UTINYINT, 'BASE/pictures/tiny.jpg'`,
          "1.0, -9223372036854775808, NULL, [], NULL, 1e20, false, {'a': NULL, 'b': ''}, 255, 'BASE/pictures/exif-phone.jpg'",
          "1e-7, NULL, '', NULL, [], NULL, NULL, NULL, NULL, 'BASE/404'",
          "NULL, 0, 'plain', ['z'], [[]], -0.0, true, {'a': -1, 'b': 'ü'}, 0, 'BASE/pictures/exif-odd.jpg'",
          "-1.5e300, 1, 'last', ['z'], [[]], 16777216, true, {'a': 2, 'b': NULL}, 1, 'BASE/pictures/gray.jpg'",
        ]),
      ],
      flags: [
        ...words('--url_col URL --caption_col TEXT --image_size 32'),
        '--save_additional_columns',
        '["weight","id","similarity","tags","boxes","flag","part","small"]',
      ],
    },
    {
      name: 'numbers that JSON has not',
      index: [
        table('odd, url', [
          "'nan'::DOUBLE, 'BASE/pictures/tiny.jpg'",
          "'inf'::DOUBLE, 'BASE/pictures/tiny.jpg'",
          "'-inf'::DOUBLE, 'BASE/pictures/tiny.jpg'",
        ]),
      ],
      flags: [...words('--save_additional_columns ["odd"]'), ...BARE],
    },
    {
      name: 'neither caption nor columns, compute_hash md5',
      index: [table('url, text', ["'BASE/pictures/tiny.jpg', 'a caption'"])],
      flags: words('--compute_hash md5 --encode_format png --encode_quality 1'),
    },
    {
      name: 'files, compute_hash sha512',
      index: [table('url, text', ["'BASE/pictures/tiny.jpg', NULL", "'BASE/404', 'gone'"])],
      flags: words('--output_format files --compute_hash sha512 --caption_col text --encode_format webp'),
    },
    {
      name: 'dummy',
      index: [urls(['/pictures/tiny.jpg', '/404', '/pictures/page.jpg'])],
      flags: words('--output_format dummy'),
    },
    verifyCase('md5'),
    verifyCase('sha256'),
    verifyCase('sha512'),
  ],
};

const twelve = urls(Array.from({ length: 12 }, (_, row) => (row % 5 === 3 ? '/404' : '/pictures/tiny.jpg')));
const namesCase = (flags: string): Case => ({
  name: flags.replaceAll('--', ''),
  index: [twelve],
  flags: [...words(flags), ...words('--resize_mode no'), ...BARE],
});

const names: Theme = {
  name: 'names',
  facts: ['files', 'columns', 'rows', 'pictures', 'stats'],
  cases: [
    namesCase('--number_sample_per_shard 1 --oom_shard_count 1 --output_format files'),
    namesCase('--number_sample_per_shard 2'),
    namesCase('--number_sample_per_shard 10 --oom_shard_count 3'),
    namesCase('--number_sample_per_shard 11 --oom_shard_count 3 --output_format files'),
  ],
};

const smallIndex = table('url, text, similarity, id', [
  "'BASE/pictures/tiny.jpg', 'one, with \"quotes\"', 0.25, 9007199254740993",
  "'BASE/404', 'zwei ü', 1.0, 2",
  "'BASE/pictures/gray.jpg', '', 0.5, 3",
]);
const inputCase = (inputFormat: string): Case => ({
  name: inputFormat,
  index: [inputFormat === 'txt' ? urls(['/pictures/tiny.jpg', '/404', '/pictures/gray.jpg']) : smallIndex],
  inputFormat,
  flags: inputFormat === 'txt' ? BARE : [...words('--caption_col text --save_additional_columns ["similarity","id"]'), ...BARE],
});

const inputs: Theme = {
  name: 'inputs',
  facts: ['files', 'columns', 'rows', 'texts'],
  cases: [
    ...['txt', 'csv', 'tsv.gz', 'json', 'jsonl', 'parquet'].map(inputCase),
    {
      name: 'a folder',
      index: [urls(['/pictures/tiny.jpg', '/404', '/pictures/tiny.jpg']), urls(['/pictures/gray.jpg'])],
      inputFormat: 'csv',
      flags: [...words('--number_sample_per_shard 2'), ...BARE],
    },
  ],
};

const answersCase = (flags: string): Case => ({
  name: flags.replaceAll('--', ''),
  index: [urls(Object.keys(ANSWERS))],
  flags: [...words(flags), ...BARE],
});

const answers: Theme = {
  name: 'answers',
  facts: ['columns', 'rows', 'stats'],
  cases: [
    answersCase('--image_size 8'),
    answersCase('--user_agent_token MyBot'),
    answersCase('--disallowed_header_directives ["nofollow"]'),
    answersCase('--disallowed_header_directives []'),
  ],
};

export const THEMES: readonly Theme[] = [resizing, encoding, checks, columns, names, inputs, answers];
