import { describe, expect, test } from 'vitest';
import { type Column, type ColumnType, INT64, STRING } from '../../../src/core/columns.ts';
import { detectCaption, detectUrl } from '../../../src/inputs/fields/detect-columns.ts';

const STRINGS: ColumnType = { kind: 'list', element: STRING };
const EMBEDDED: ColumnType = {
  kind: 'struct',
  fields: [
    { name: 'bytes', type: { kind: 'bytes' } },
    { name: 'path', type: STRING },
  ],
};
const INFOS: ColumnType = {
  kind: 'list',
  element: { kind: 'struct', fields: [{ name: 'raw_url', type: STRING }] },
};

/** Columns of strings, or of the type that a name is given with. */
function columnsOf(names: readonly (string | readonly [string, ColumnType])[]): Column[] {
  return names.map((each) =>
    typeof each === 'string' ? { name: each, type: STRING } : { name: each[0], type: each[1] },
  );
}

function detect(names: Parameters<typeof columnsOf>[0]) {
  const columns = columnsOf(names);
  const name = (index: number): string => columns[index]?.name ?? '';
  const tell = (detected: ReturnType<typeof detectUrl>) =>
    detected.found === null ? detected.candidates.map(name) : name(detected.found);
  const url = detectUrl(columns);
  return { url: tell(url), caption: tell(detectCaption(columns, url.found ?? -1)) };
}

// Names after the cards of the datasets. A list means that the user is asked.
describe('the columns of', () => {
  test.each<
    [
      dataset: string,
      names: Parameters<typeof columnsOf>[0],
      url: string | string[],
      caption: string | string[],
    ]
  >([
    [
      'LAION-400M',
      ['SAMPLE_ID', 'URL', 'TEXT', 'HEIGHT', 'WIDTH', 'LICENSE', 'NSFW', 'similarity'],
      'URL',
      'TEXT',
    ],
    ['Re-LAION', ['url', 'caption', 'width', 'key', 'similarity', 'punsafe'], 'url', 'caption'],
    ['PD12M', ['id', 'url', 'caption', 'width', 'mime_type', 'hash', 'license', 'source'], 'url', 'caption'],
    [
      'DataComp',
      ['uid', 'url', 'text', 'original_width', 'clip_b32_similarity_score', 'sha256'],
      'url',
      'text',
    ],
    ['COYO-700M', ['id', 'url', 'text', 'width', 'image_phash', 'text_length'], 'url', 'text'],
    ['Wukong', ['url', 'caption'], 'url', 'caption'],
    ['KALE', ['url', 'caption', 'cogvlm_caption', 'page_url'], 'url', 'caption'],
    [
      'PixelProse',
      ['uid', 'url', 'original_caption', 'vlm_model', 'vlm_caption'],
      'url',
      ['original_caption', 'vlm_caption'],
    ],
    [
      'LAION-art improved',
      ['url', 'orig_caption', 'generated_caption'],
      'url',
      ['orig_caption', 'generated_caption'],
    ],
    ['CC3M and CC12M on Hugging Face', ['image_url', 'caption', 'labels', 'MIDs'], 'image_url', 'caption'],
    ['PixMo', ['image_url', 'image_sha256', 'caption', 'transcripts'], 'image_url', 'caption'],
    [
      'WIT',
      [
        ...[
          'language',
          'page_url',
          'image_url',
          'page_title',
          'section_title',
          'caption_reference_description',
        ],
        ...['caption_attribution_description', 'caption_alt_text_description', 'context_page_description'],
      ],
      'image_url',
      ['caption_reference_description', 'caption_alt_text_description'],
    ],
    [
      'Open Images',
      [
        ...[
          'ImageID',
          'Subset',
          'OriginalURL',
          'OriginalLandingURL',
          'License',
          'AuthorProfileURL',
          'Author',
        ],
        ...['Title', 'OriginalSize', 'OriginalMD5', 'Thumbnail300KURL', 'Rotation'],
      ],
      'OriginalURL',
      'Title',
    ],
    [
      'Unsplash',
      [
        'photo_id',
        'photo_url',
        'photo_image_url',
        'photo_description',
        'photographer_username',
        'ai_description',
      ],
      'photo_image_url',
      ['photo_description', 'ai_description'],
    ],
    ['text and caption', ['url', 'text', 'caption'], 'url', ['text', 'caption']],
    ['MINT-1T', ['url', ['images', STRINGS], ['texts', STRINGS]], ['url', 'images'], []],
    ['MMC4', ['url', ['image_info', INFOS], ['text_list', STRINGS]], ['url', 'image_info'], []],
    ['OBELICS', [['images', STRINGS], ['texts', STRINGS], 'metadata'], 'images', []],
    ['SBU captions', ['image_urls', 'user_ids', 'captions'], 'image_urls', 'captions'],
    ['RedCaps', ['image_id', 'author', 'url', 'raw_caption', 'caption', 'subreddit'], 'url', 'caption'],
    ['COCO', ['license', 'file_name', 'coco_url', 'flickr_url', 'id'], ['coco_url', 'flickr_url'], []],
    ['a set with its images inside', ['url', ['image', EMBEDDED], 'text'], 'url', 'text'],
  ])('%s', (_, names, url, caption) => {
    expect(detect(names)).toEqual({ url, caption });
  });

  test.each(['page_url', 'thumbnailUrl', 'license_url', 'AuthorProfileURL', 'video_link', 'identifier'])(
    'a set with %s alone are not guessed',
    (name) => {
      expect(detect([name]).url).toEqual([]);
    },
  );

  test('a number is a caption only by its exact name', () => {
    expect(detect(['url', ['description', INT64]]).caption).toEqual([]);
    expect(detect(['url', ['text', INT64]]).caption).toBe('text');
  });
});
