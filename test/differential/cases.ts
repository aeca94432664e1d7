import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { DOCUMENTED_CASES } from './documented-lines.ts';
import type { Observation } from './observe.ts';
import { ANSWERS, IMAGES, SIZES } from './web.ts';

/** One run of img2dataset and of laion-fetch. */
export interface Case {
  readonly name: string;
  /** Files of the index, each as a DuckDB SELECT in which `BASE` stands for the web's address. */
  readonly index: readonly string[];
  /** By img2dataset's name. Default: parquet. */
  readonly inputFormat?: string;
  /** Flags of img2dataset in addition to those of every run. */
  readonly flags?: readonly string[];
  /** The whole command line, if it is one that img2dataset's documentation prints. */
  readonly documented?: DocumentedLine;
}

export interface DocumentedLine {
  /** As it is printed. */
  readonly line: string;
  /** File of the index, or its folder, as the line names it. */
  readonly list: string;
  /** As the line names it. */
  readonly output: string;
}

/** Cases about the same topic, recorded in one file with the same facts for each. */
export interface Theme {
  readonly name: string;
  readonly facts: readonly (keyof Observation)[];
  readonly cases: readonly Case[];
}

const BARE = '--extract_exif False --compute_hash None';

/** A case named after its flags, which contain no spaces. */
function flagsCase(flags: string, paths: readonly string[], others: string): Case {
  return { name: flags, index: [urls(paths)], flags: `${flags} ${others}`.split(' ') };
}

/** Rows of a table as SQL. */
function table(columns: string, rows: readonly string[]): string {
  return `SELECT * FROM (VALUES ${rows.map((row) => `(${row})`).join(', ')}) AS t(${columns})`;
}

function urls(paths: readonly string[]): string {
  return table(
    'url',
    paths.map((path) => `'BASE${path}'`),
  );
}

const SIZE_PATHS = SIZES.map((size) => `/${size}`);
const IMAGE_PATHS = IMAGES.map((name) => `/${name}`);

const SHAPES = ['/landscape.jpg', '/portrait.jpg', '/tiny.jpg', '/rgba.png', '/gray.jpg', ...SIZE_PATHS];
const MODES = ['border', 'keep_ratio', 'keep_ratio_largest', 'center_crop'];

const resizing: Theme = {
  name: 'resizing',
  facts: ['outcomes'],
  cases: [
    '--resize_mode no --image_size 256',
    ...MODES.flatMap((mode) =>
      [256, 100].flatMap((size) =>
        ['True', 'False'].map(
          (bigger) => `--resize_mode ${mode} --image_size ${size} --resize_only_if_bigger ${bigger}`,
        ),
      ),
    ),
  ].map((flags) => flagsCase(flags, SHAPES, BARE)),
};

const encoding: Theme = {
  name: 'encoding',
  facts: ['images'],
  cases: [
    '--encode_format jpg',
    '--encode_format png --encode_quality 6',
    '--encode_format webp --encode_quality 101',
    '--skip_reencode True',
    '--disable_all_reencoding True --image_size 256 --encode_quality 95',
  ].map((flags) => flagsCase(flags, IMAGE_PATHS, `--resize_mode no ${BARE}`)),
};

const CHECKED = [...SIZE_PATHS, '/landscape.jpg', '/tiny.jpg'];

const checks: Theme = {
  name: 'checks',
  facts: ['outcomes', 'stats'],
  cases: [
    '--min_image_size 100 --max_image_area 65536 --downscale_interpolation LINEAR',
    '--max_image_area 65535.5 --max_aspect_ratio 3 --upscale_interpolation nearest',
    '--max_aspect_ratio 2.99 --min_image_size 3 --skip_reencode True --resize_only_if_bigger True',
  ].map((flags) => flagsCase(flags, CHECKED, `--image_size 64 ${BARE}`)),
};

const HOSTILE_TEXT = `'Ünïcødé 🐈 "quoted" \\ back' || chr(9) || chr(10) || chr(127) || chr(8232) || 'end'`;

const TINY = readFileSync(new URL('../../fixtures/images/tiny.jpg', import.meta.url));
const DIGEST = createHash('md5').update(TINY).digest('hex');
const VERIFY_FLAGS = ['--verify_hash', '["digest","md5"]', '--compute_hash', 'md5'];
const VERIFY: Case = {
  name: 'verify_hash',
  index: [
    table('url, score, text, digest', [
      `'BASE/tiny.jpg', 1, 'right', '${DIGEST}'`,
      `'BASE/gray.jpg', 2, 'another picture', '${DIGEST}'`,
      `'BASE/tiny.jpg', 3, 'no digest', NULL`,
      `'BASE/404', 4, 'gone', '${DIGEST}'`,
    ]),
  ],
  flags: [...VERIFY_FLAGS, '--caption_col', 'text', '--save_additional_columns', '["score"]'],
};

const tables: Theme = {
  name: 'tables',
  facts: ['files', 'members', 'columns', 'rows', 'texts', 'stats'],
  cases: [
    {
      name: 'values of all kinds',
      index: [
        table('similarity, id, "TEXT", tags, boxes, weight, flag, part, small, "URL"', [
          `0.1::DOUBLE, 9007199254740993, ${HOSTILE_TEXT}, ['a', 'ü', NULL], [[0.5::DOUBLE, 1], []], 0.1::FLOAT,
            true, {'a': 1, 'b': 'x'}, 7::UTINYINT, 'BASE/tiny.jpg'`,
          `1, -9223372036854775808, NULL, [], NULL, 1e20, false, {'a': NULL, 'b': ''}, 255,
            'BASE/exif-phone.jpg'`,
          `1e-7, NULL, '', NULL, [], NULL, NULL, NULL, NULL, 'BASE/404'`,
          `NULL, 0, '', ['z'], [[]], '-0.0'::FLOAT, true, {'a': -1, 'b': 'ü'}, 0, 'BASE/exif-odd.jpg'`,
          `-1.5e300, 1, 'last', NULL, [], 16777217, NULL, NULL, NULL, 'BASE/gray.jpg'`,
        ]),
      ],
      flags: [
        ...['--url_col', 'URL', '--caption_col', 'TEXT', '--image_size', '32'],
        ...[
          '--save_additional_columns',
          '["weight", "id", "similarity", "tags", "boxes", "flag", "part", "small"]',
        ],
      ],
    },
    {
      name: 'numbers that JSON has not',
      index: [
        table('odd, url', [
          `'nan'::DOUBLE, 'BASE/tiny.jpg'`,
          `'inf', 'BASE/tiny.jpg'`,
          `'-inf', 'BASE/tiny.jpg'`,
        ]),
      ],
      flags: `--save_additional_columns ["odd"] ${BARE}`.split(' '),
    },
    {
      name: 'files',
      index: [table('url, text', [`'BASE/tiny.jpg', NULL`, `'BASE/404', 'gone'`])],
      flags: '--output_format files --compute_hash sha512 --caption_col text --encode_format webp'.split(' '),
    },
    {
      name: 'dummy',
      index: [urls(['/tiny.jpg', '/404', '/truncated-half.jpg'])],
      flags: ['--output_format', 'dummy'],
    },
    VERIFY,
  ],
};

const TWELVE = Array.from({ length: 12 }, (_, row) => (row % 5 === 3 ? '/404' : '/tiny.jpg'));

const names: Theme = {
  name: 'names',
  facts: ['files', 'members', 'rows'],
  cases: [
    '--number_sample_per_shard 1 --oom_shard_count 1 --output_format files',
    '--number_sample_per_shard 2',
    '--number_sample_per_shard 10 --oom_shard_count 3',
    '--number_sample_per_shard 11 --oom_shard_count 3 --output_format files',
  ].map((flags) => flagsCase(flags, TWELVE, `--image_size 8 ${BARE}`)),
};

const SMALL_INDEX = table('url, text, similarity, id', [
  `'BASE/tiny.jpg', 'eins, "zwei", drei', 0.25::DOUBLE, 9007199254740993`,
  `'BASE/404', 'vier', 0.5, 2`,
]);

const inputs: Theme = {
  name: 'inputs',
  facts: ['columns', 'rows', 'texts'],
  cases: [
    ...['csv', 'tsv.gz', 'json', 'jsonl'].map(
      (inputFormat): Case => ({
        name: inputFormat,
        index: [SMALL_INDEX],
        inputFormat,
        flags: `--caption_col text --save_additional_columns ["similarity","id"] ${BARE}`.split(' '),
      }),
    ),
    {
      name: 'txt',
      index: [urls(['/tiny.jpg', '/404'])],
      inputFormat: 'txt',
      flags: BARE.split(' '),
    },
    {
      name: 'a folder',
      index: [urls(['/tiny.jpg', '/404', '/tiny.jpg']), urls(['/gray.jpg'])],
      inputFormat: 'csv',
      flags: `--number_sample_per_shard 2 ${BARE}`.split(' '),
    },
  ],
};

const ROBOTS = Object.keys(ANSWERS).filter((path) => 'headers' in (ANSWERS[path] ?? {}));

const answers: Theme = {
  name: 'answers',
  facts: ['outcomes'],
  cases: [
    flagsCase('--image_size 8', Object.keys(ANSWERS), BARE),
    {
      name: 'verify_hash, upper case',
      index: [table('url, digest', [`'BASE/tiny.jpg', '${DIGEST.toUpperCase()}'`])],
      flags: VERIFY_FLAGS,
    },
    ...[
      '--user_agent_token MyBot',
      '--disallowed_header_directives ["NoFollow"]',
      '--disallowed_header_directives []',
    ].map((flags) => flagsCase(flags, ROBOTS, BARE)),
  ],
};

const documented: Theme = {
  name: 'documented-lines',
  facts: ['files', 'members', 'columns', 'rows', 'images'],
  cases: DOCUMENTED_CASES,
};

export const THEMES: readonly Theme[] = [
  ...[resizing, encoding, checks, tables, names, inputs, answers],
  documented,
];
