import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { useTempFolder } from '../support/temp-folder.ts';
import { runSql } from './files.ts';
import { answer, type Question } from './questions.ts';

/** A column as SQL over the row number `i`. Images, pages and captions are told apart by their values. */
const IMAGE = "'https://img.example/' || i || '.jpg'";
const PAGE = "'https://page.example/' || i";
const CAPTION = "'caption ' || i";
const TEXT = "'word ' || i";
const INT = 'i::INTEGER';
const DOUBLE = 'i / 7.0';
const BOOL = 'i % 2 = 0';
const IMAGES = `[${IMAGE}, NULL, 'https://img.example/b' || i || '.jpg']`;
const TEXTS = `[NULL, ${TEXT}, NULL]`;
const INFO = `[{'image_name': ${TEXT}, 'raw_url': ${IMAGE}, 'matched_text_index': 0, 'matched_sim': ${DOUBLE}}]`;

type Schema = Readonly<Record<string, string>>;
interface Dataset {
  readonly as: 'parquet' | 'csv' | 'tsv' | 'jsonl';
  readonly schema: Schema;
  readonly asks?: readonly Question[];
  /** Whether the dataset has captions; true if it is left out. */
  readonly caption?: boolean;
}

const texts = (...names: readonly string[]): Schema => Object.fromEntries(names.map((name) => [name, TEXT]));
const numbers = (...names: readonly string[]): Schema =>
  Object.fromEntries(names.map((name) => [name, DOUBLE]));

const LAION: Schema = {
  ...numbers('SAMPLE_ID'),
  ...{ URL: IMAGE, TEXT: CAPTION, HEIGHT: INT, WIDTH: INT, LICENSE: TEXT, NSFW: TEXT, similarity: DOUBLE },
};

/** Columns after the cards of the datasets, and what the detection makes of them. */
const DATASETS: Readonly<Record<string, Dataset>> = {
  'LAION-400M': { as: 'parquet', schema: LAION },
  'LAION-2B-en': {
    as: 'parquet',
    schema: { ...LAION, ...texts('language'), hash: 'i::BIGINT', ...numbers('pwatermark', 'punsafe') },
  },
  'LAION-2B-multi': { as: 'parquet', schema: { ...LAION, LANGUAGE: TEXT } },
  'LAION aesthetics': { as: 'parquet', schema: { ...LAION, AESTHETIC_SCORE: DOUBLE } },
  'LAION-COCO': {
    as: 'parquet',
    schema: { ...LAION, top_caption: TEXT, all_captions: TEXTS, all_similarities: `[${DOUBLE}]` },
  },
  'Re-LAION': {
    as: 'parquet',
    schema: { url: IMAGE, caption: CAPTION, ...texts('key', 'md5'), ...numbers('similarity', 'punsafe') },
  },
  PD12M: {
    as: 'parquet',
    schema: {
      ...{ id: TEXT, url: IMAGE, caption: CAPTION, width: INT, height: INT, mime_type: TEXT },
      ...{ hash: TEXT, license: TEXT, source: PAGE },
    },
  },
  KALE: {
    as: 'parquet',
    schema: { uid: TEXT, url: IMAGE, caption: CAPTION, cogvlm_caption: TEXT, page_url: PAGE },
  },
  Wukong: { as: 'csv', schema: { url: IMAGE, caption: CAPTION } },
  DataComp: {
    as: 'parquet',
    schema: {
      ...{ uid: TEXT, url: IMAGE, text: CAPTION, original_width: INT, original_height: INT },
      ...numbers('clip_b32_similarity_score', 'clip_l14_similarity_score'),
      ...{ face_bboxes: `[[${DOUBLE}]]`, sha256: TEXT },
    },
  },
  'COYO-700M': {
    as: 'parquet',
    schema: {
      ...{ id: 'i::BIGINT', url: IMAGE, text: CAPTION, width: INT, height: INT, image_phash: TEXT },
      ...{ text_length: INT, word_count: INT, num_tokens_bert: INT, num_faces: INT },
      ...numbers(
        'clip_similarity_vitb32',
        'nsfw_score_opennsfw2',
        'watermark_score',
        'aesthetic_score_laion_v2',
      ),
    },
  },
  BLOOM: { as: 'jsonl', schema: { url: IMAGE, text: CAPTION } },
  PixelProse: {
    as: 'parquet',
    schema: {
      ...{ uid: TEXT, url: IMAGE, key: TEXT, status: TEXT, original_caption: TEXT, vlm_model: TEXT },
      ...{ vlm_caption: CAPTION, toxicity: DOUBLE, aesthetic_score: DOUBLE, exif: TEXT, sha256: TEXT },
      ...{ image_id: TEXT, author: TEXT, subreddit: TEXT, score: INT },
    },
    asks: [['--caption-col', { captionCol: 'vlm_caption' }]],
  },
  'LAION-art improved': {
    as: 'parquet',
    schema: { url: IMAGE, orig_caption: TEXT, generated_caption: CAPTION, key: TEXT, clip_score: DOUBLE },
    asks: [['--caption-col', { captionCol: 'generated_caption' }]],
  },
  'CC3M on Hugging Face': {
    as: 'parquet',
    schema: {
      ...{ image_url: IMAGE, caption: CAPTION, labels: TEXTS, MIDs: TEXTS, confidence_scores: `[${DOUBLE}]` },
    },
  },
  'CC12M on Hugging Face': { as: 'parquet', schema: { image_url: IMAGE, caption: CAPTION } },
  PixMo: {
    as: 'parquet',
    schema: { image_url: IMAGE, image_sha256: TEXT, caption: CAPTION, transcripts: TEXTS },
  },
  WIT: {
    as: 'tsv',
    schema: {
      ...{ language: TEXT, page_url: PAGE, image_url: IMAGE, page_title: TEXT, section_title: TEXT },
      ...{ hierarchical_section_title: TEXT, caption_reference_description: CAPTION },
      ...{ caption_attribution_description: TEXT, caption_alt_text_description: TEXT, mime_type: TEXT },
      ...{ original_height: INT, original_width: INT, is_main_image: BOOL },
      ...{ attribution_passes_lang_id: BOOL, page_changed_recently: BOOL, context_page_description: TEXT },
      context_section_description: TEXT,
    },
    asks: [['--caption-col', { captionCol: 'caption_reference_description' }]],
  },
  'Open Images': {
    as: 'csv',
    schema: {
      ...{ ImageID: TEXT, Subset: TEXT, OriginalURL: IMAGE, OriginalLandingURL: PAGE, License: PAGE },
      ...{ AuthorProfileURL: PAGE, Author: TEXT, Title: CAPTION, OriginalSize: INT, OriginalMD5: TEXT },
      ...{ Thumbnail300KURL: PAGE, Rotation: DOUBLE },
    },
  },
  Unsplash: {
    as: 'tsv',
    schema: {
      ...{ photo_id: TEXT, photo_url: PAGE, photo_image_url: IMAGE, photo_submitted_at: TEXT },
      ...{ photo_featured: BOOL, photo_width: INT, photo_height: INT, photo_aspect_ratio: DOUBLE },
      ...{ photo_description: CAPTION, photographer_username: TEXT, photographer_first_name: TEXT },
      ...{ exif_camera_make: TEXT, photo_location_name: TEXT, stats_views: INT, stats_downloads: INT },
      ...{ ai_description: TEXT, ai_primary_landmark_name: TEXT, blur_hash: TEXT },
    },
    asks: [['--caption-col', { captionCol: 'photo_description' }]],
  },
  'text and caption': {
    as: 'jsonl',
    schema: { url: IMAGE, text: TEXT, caption: CAPTION },
    asks: [['--caption-col', { captionCol: 'caption' }]],
  },
  'MINT-1T': {
    as: 'parquet',
    schema: {
      ...{
        url: PAGE,
        images: IMAGES,
        texts: TEXTS,
        previous_word_count: INT,
        url_contained_within_gtr_16: INT,
      },
    },
    asks: [['--url-col', { urlCol: 'images' }]],
    caption: false,
  },
  MMC4: {
    as: 'jsonl',
    schema: {
      ...{ url: PAGE, text_list: TEXTS, image_info: INFO, similarity_matrix: `[[${DOUBLE}]]` },
      could_have_url_duplicate: INT,
    },
    asks: [['--url-col', { urlCol: 'image_info.raw_url' }]],
    caption: false,
  },
  OBELICS: {
    as: 'parquet',
    schema: { images: IMAGES, metadata: TEXT, general_metadata: TEXT, texts: TEXTS },
    caption: false,
  },
};

/** Other forms in which the same columns come. */
const FORMS: Readonly<Record<string, (schema: Schema) => Schema>> = {
  'as on its card': (schema) => schema,
  'in capitals': (schema) => renamed(schema, (name) => name.toUpperCase()),
  'in small letters': (schema) => renamed(schema, (name) => name.toLowerCase()),
  'in reverse order': (schema) => Object.fromEntries(Object.entries(schema).reverse()),
  'with further columns': (schema) => ({ crawl_id: TEXT, ...schema, phash: TEXT, fetched_on: TEXT, n: INT }),
};

const renamed = (schema: Schema, rename: (name: string) => string): Schema =>
  Object.fromEntries(Object.entries(schema).map(([name, value]) => [rename(name), value]));

async function makeFile({ as, schema }: Pick<Dataset, 'as' | 'schema'>): Promise<string> {
  const path = join(await useTempFolder(), `index.${as}`);
  const columns = Object.entries(schema).map(([name, value]) => `${value} AS "${name}"`);
  const format = {
    parquet: 'FORMAT parquet',
    csv: 'FORMAT csv',
    tsv: "FORMAT csv, DELIM '\t'",
    jsonl: 'FORMAT json',
  };
  await runSql(`COPY (SELECT ${columns.join(', ')} FROM range(3) t(i)) TO '${path}' (${format[as]})`);
  return path;
}

describe.each(Object.entries(DATASETS))('%s', (_, { as, schema, asks = [], caption = true }) => {
  test.each(Object.keys(FORMS))('%s: the images and their captions, or a question', async (form) => {
    const rows = await answer(await makeFile({ as, schema: FORMS[form]?.(schema) ?? {} }), asks);
    const urls = rows.map(({ url }) => url);
    expect(urls).toContain('https://img.example/2.jpg');
    expect(urls.filter((url) => !url?.startsWith('https://img.example/'))).toEqual([]);
    const captions = rows.map((row) => row.caption);
    if (caption) expect(captions).toEqual(['caption 0', 'caption 1', 'caption 2']);
    else expect(captions.every((each) => each === null)).toBe(true);
  });
});
