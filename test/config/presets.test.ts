import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PRESETS } from '../../src/config/presets.ts';
import { PRESET_NAMES } from '../../src/core/choices.ts';
import { runCli } from '../support/command/cli.ts';

/** The first lines of each dataset's index, in the form in which it is published. */
const INDEXES = {
  'laion-400m': [
    'a.csv',
    'SAMPLE_ID,URL,TEXT,HEIGHT,WIDTH,LICENSE,NSFW,similarity\n1,http://a.example/1,a cat,1,2,?,UNLIKELY,0.3\n',
  ],
  'laion-2b': [
    'a.csv',
    'SAMPLE_ID,URL,TEXT,HEIGHT,WIDTH,LICENSE,NSFW,similarity,hash,punsafe,pwatermark\n1,http://a.example/1,a cat,1,2,?,UNLIKELY,0.3,7,0.1,0.1\n',
  ],
  datacomp: [
    'a.jsonl',
    '{"uid":"1","url":"http://a.example/1","text":"a cat","original_width":2,"original_height":1,"clip_b32_similarity_score":0.2,"clip_l14_similarity_score":0.2,"face_bboxes":[[0.1,0.1,0.2,0.2]],"sha256":"00"}\n',
  ],
  cc3m: ['a.tsv', 'a cat\thttp://a.example/1\na dog\thttp://a.example/2\n'],
  cc12m: ['a.tsv', 'http://a.example/1\ta cat\nhttp://a.example/2\ta dog\n'],
  'coyo-700m': [
    'a.jsonl',
    '{"id":1,"url":"http://a.example/1","text":"a cat","width":2,"height":1,"image_phash":"0","text_length":5,"clip_similarity_vitb32":0.2,"watermark_score":0.1}\n',
  ],
  sbu: ['a.json', '{"image_urls":["http://a.example/1"],"user_ids":["u"],"captions":["a cat"]}'],
  redcaps: [
    'a.json',
    '{"info":{},"annotations":[{"image_id":"1","author":"u","url":"http://a.example/1","raw_caption":"A cat!","caption":"a cat","subreddit":"cats","score":3,"created_utc":1,"permalink":"/r/cats/1"}]}',
  ],
} as const;

describe('--preset', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'presets-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('has settings for every name', () => {
    expect(Object.keys(PRESETS)).toEqual([...PRESET_NAMES]);
    expect(Object.keys(INDEXES)).toEqual(PRESET_NAMES.slice(1));
  });

  it.each(Object.entries(INDEXES))('%s reads the index as it is published', async (preset, [name, text]) => {
    const path = join(folder, `${preset}-${name}`);
    await writeFile(path, text);
    const { stdout, stderr } = await runCli(['inspect', path, '--preset', preset, '--json']);
    const [file] = (
      JSON.parse(stdout) as {
        files: {
          columns: { name: string; role: string }[];
          first_rows: { values: unknown[] }[];
          problem: null;
        }[];
      }
    ).files;
    expect({ problem: file?.problem, stderr }).toEqual({ problem: null, stderr: '' });
    const values = file?.columns.map(({ role }, at) => [role, file.first_rows[0]?.values[at]]);
    expect(values).toContainEqual(['url', 'http://a.example/1']);
    expect(values).toContainEqual(['caption', 'a cat']);
    if (preset === 'datacomp') expect(values?.map(([role]) => role)).toContain('boxes');
  });
});
