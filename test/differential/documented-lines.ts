import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Case } from './cases.ts';
import { IMAGES } from './web.ts';

/** A command line that img2dataset's documentation prints, and the index that it names. */
interface Documented {
  /** Where it is printed in img2dataset's repository. */
  readonly source: string;
  /** As it is printed there; Python calls as the flags that mean the same. */
  readonly line: string;
  /** A file, or a folder with one file, by the name in the line. */
  readonly list: string;
  readonly inputFormat: string;
  /** Columns of the index, next to one that no line names. They must include the columns that the line names. */
  readonly columns: readonly string[];
  readonly output: string;
}

/** Images, rows whose download fails, and a body that cannot be decoded; no row that deviates deliberately. */
const PATHS = [
  ...['landscape.jpg', 'portrait.jpg', 'tiny.jpg', 'orientation-6.jpg', 'exif-phone.jpg', 'gray.jpg'],
  ...['rgba.png', 'palette-transparent.png', 'lossy.webp', '404', 'noai', 'truncated-half.jpg', '600x2'],
];

const NUMBERS = [
  ...['similarity', 'punsafe', 'pwatermark', 'aesthetic', 'clip_similarity_vitb32', 'clip_similarity_vitl14'],
  ...['nsfw_score_opennsfw2', 'nsfw_score_gantman', 'watermark_score', 'aesthetic_score_laion_v2'],
];

const DIGESTS = PATHS.filter((path) => IMAGES.some((image) => image === path)).map((path) => {
  const bytes = readFileSync(new URL(`../../fixtures/images/${path}`, import.meta.url));
  return `WHEN '${path}' THEN '${createHash('md5').update(bytes).digest('hex')}'`;
});

/** Values of a column in SQL, by its name. */
function expression(name: string): string {
  if (/^(url|image_urls?|img_url|photo_url_large)$/i.test(name)) return "'BASE/' || path";
  if (name === 'hash') return 'row * 1000000000000000';
  if (name === 'all_captions') return "['a ' || path, NULL]";
  if (name === 'md5') return `CASE path ${DIGESTS.join(' ')} ELSE repeat('0', 32) END`;
  if (name === 'face_bboxes') return 'CASE WHEN row % 3 = 0 THEN [[0.1, 0.2, 0.6::DOUBLE, 0.7]] ELSE [] END';
  if (/^(WIDTH|HEIGHT|idx|item_id|image_id)$/.test(name)) return 'row * 100';
  if (name === 'all_similarities') return '[row * 0.25::DOUBLE, row]';
  return NUMBERS.includes(name) ? 'row * 0.125::DOUBLE' : `'${name} of ' || path`;
}

/** A case that runs the line as it is printed, named after its source. */
export function documentedCase({ source, line, list, inputFormat, columns, output }: Documented): Case {
  const rows = PATHS.map((path, row) => `('${path}', ${row})`).join(', ');
  const byColumns = inputFormat === 'json by columns';
  const value = (name: string) => (byColumns ? `list(${expression(name)} ORDER BY row)` : expression(name));
  const selected = columns.map((name) => `${value(name)} AS "${name}"`);
  return {
    name: source,
    index: [
      `SELECT ${selected.join(', ')} FROM (VALUES ${rows}) AS t(path, row)${byColumns ? '' : ' ORDER BY row'}`,
    ],
    inputFormat,
    documented: { line, list, output },
  };
}

const LAION = ['similarity', 'hash', 'punsafe', 'pwatermark'];

export const DOCUMENTED_CASES: readonly Case[] = [
  {
    source: 'README.md, the first example',
    line: 'img2dataset --url_list=myimglist.txt --output_folder=output_folder --thread_count=64 --image_size=256',
    list: 'myimglist.txt',
    inputFormat: 'txt',
    columns: ['url'],
    output: 'output_folder',
  },
  {
    source: 'README.md, certificates',
    line: 'img2dataset --url_list=myimglist.txt --output_folder=output_folder --ignore_ssl_certificate=True',
    list: 'myimglist.txt',
    inputFormat: 'txt',
    columns: ['url'],
    output: 'output_folder',
  },
  {
    source: 'dataset_examples/SBUcaptions.md',
    line: `img2dataset --url_list sbu-captions-all.json --input_format "json" --url_col "image_urls" --caption_col "captions" --output_format webdataset --output_folder sbucaptions --processes_count 16 --thread_count 64 --image_size 256`,
    list: 'sbu-captions-all.json',
    inputFormat: 'json by columns',
    columns: ['image_urls', 'user_ids', 'captions'],
    output: 'sbucaptions',
  },
  {
    source: 'dataset_examples/cc12m.md',
    line: String.raw`img2dataset --url_list cc12m.tsv --input_format "tsv"\
         --url_col "url" --caption_col "caption" --output_format webdataset\
           --output_folder cc12m --processes_count 16 --thread_count 64 --image_size 256\
             --enable_wandb True`,
    list: 'cc12m.tsv',
    inputFormat: 'tsv',
    columns: ['url', 'caption', 'extra'],
    output: 'cc12m',
  },
  {
    source: 'dataset_examples/cc3m.md',
    line: String.raw`img2dataset --url_list cc3m.tsv --input_format "tsv"\
         --url_col "url" --caption_col "caption" --output_format webdataset\
           --output_folder cc3m --processes_count 16 --thread_count 64 --image_size 256\
             --enable_wandb True`,
    list: 'cc3m.tsv',
    inputFormat: 'tsv',
    columns: ['caption', 'url'],
    output: 'cc3m',
  },
  {
    source: 'dataset_examples/coyo-700m.md',
    line: String.raw`img2dataset --url_list coyo-700m --input_format "parquet"\
         --url_col "url" --caption_col "text" --output_format webdataset\
           --output_folder coyo-700m-webdataset --processes_count 16 --thread_count 64 --image_size 384\
            --resize_only_if_bigger=True --resize_mode="keep_ratio" --skip_reencode=True \
             --save_additional_columns '["clip_similarity_vitb32","clip_similarity_vitl14","nsfw_score_opennsfw2","nsfw_score_gantman","watermark_score","aesthetic_score_laion_v2"]' --enable_wandb False`,
    list: 'coyo-700m',
    inputFormat: 'parquet',
    columns: [
      ...['url', 'text', 'clip_similarity_vitb32', 'clip_similarity_vitl14', 'nsfw_score_opennsfw2'],
      ...['nsfw_score_gantman', 'watermark_score', 'aesthetic_score_laion_v2', 'extra'],
    ],
    output: 'coyo-700m-webdataset',
  },
  {
    source: 'dataset_examples/laion-aesthetic.md',
    line: String.raw`img2dataset --url_list laion2B-en-aesthetic --input_format "parquet"\
         --url_col "URL" --caption_col "TEXT" --output_format webdataset\
           --output_folder laion2B-en-aesthetic-data --processes_count 16 --thread_count 64 --image_size 384\
            --resize_only_if_bigger=True --resize_mode="keep_ratio" --skip_reencode=True \
             --save_additional_columns '["similarity","hash","punsafe","pwatermark","aesthetic"]' --enable_wandb True`,
    list: 'laion2B-en-aesthetic',
    inputFormat: 'parquet',
    columns: ['URL', 'TEXT', ...LAION, 'aesthetic', 'extra'],
    output: 'laion2B-en-aesthetic-data',
  },
  {
    source: 'dataset_examples/laion-art.md',
    line: String.raw`img2dataset --url_list laion-art --input_format "parquet"\
         --url_col "URL" --caption_col "TEXT" --output_format webdataset\
           --output_folder laion-high-resolution --processes_count 16 --thread_count 64 --image_size 384\
            --resize_only_if_bigger=True --resize_mode="keep_ratio" --skip_reencode=True \
             --save_additional_columns '["similarity","hash","punsafe","pwatermark","aesthetic","LANGUAGE"]' --enable_wandb True`,
    list: 'laion-art',
    inputFormat: 'parquet',
    columns: ['URL', 'TEXT', ...LAION, 'aesthetic', 'LANGUAGE', 'extra'],
    output: 'laion-high-resolution',
  },
  {
    source: 'dataset_examples/laion-coco.md',
    line: String.raw`img2dataset --url_list laion-coco --input_format "parquet"\
         --url_col "URL" --caption_col "TEXT" --output_format webdataset\
           --output_folder laion-coco-output --processes_count 16 --thread_count 64 --image_size 256\
            --resize_only_if_bigger=True --resize_mode="keep_ratio" --skip_reencode=True \
             --save_additional_columns '["similarity","hash","punsafe","pwatermark","top_caption","all_captions","all_similarities"]' --enable_wandb True`,
    list: 'laion-coco',
    inputFormat: 'parquet',
    columns: ['URL', 'TEXT', ...LAION, 'top_caption', 'all_captions', 'all_similarities', 'extra'],
    output: 'laion-coco-output',
  },
  {
    source: 'dataset_examples/laion-high-resolution.md',
    line: String.raw`img2dataset --url_list laion-high-resolution --input_format "parquet"\
         --url_col "URL" --caption_col "TEXT" --output_format webdataset\
           --output_folder laion-high-resolution-output --processes_count 16 --thread_count 64 --image_size 1024\
            --resize_only_if_bigger=True --resize_mode="keep_ratio" --skip_reencode=True \
             --save_additional_columns '["similarity","hash","punsafe","pwatermark","LANGUAGE"]' --enable_wandb True`,
    list: 'laion-high-resolution',
    inputFormat: 'parquet',
    columns: ['URL', 'TEXT', ...LAION, 'LANGUAGE', 'extra'],
    output: 'laion-high-resolution-output',
  },
  {
    source: 'dataset_examples/laion400m.md',
    line: String.raw`img2dataset --url_list laion400m-meta --input_format "parquet"\
         --url_col "URL" --caption_col "TEXT" --output_format webdataset\
           --output_folder laion400m-data --processes_count 16 --thread_count 128 --image_size 256\
             --save_additional_columns '["NSFW","similarity","LICENSE"]' --enable_wandb True`,
    list: 'laion400m-meta',
    inputFormat: 'parquet',
    columns: ['URL', 'TEXT', 'LICENSE', 'NSFW', 'similarity', 'extra'],
    output: 'laion400m-data',
  },
  {
    source: 'dataset_examples/mscoco.md',
    line: String.raw`img2dataset --url_list mscoco.parquet --input_format "parquet"\
         --url_col "URL" --caption_col "TEXT" --output_format webdataset\
           --output_folder mscoco --processes_count 16 --thread_count 64 --image_size 256\
             --enable_wandb True`,
    list: 'mscoco.parquet',
    inputFormat: 'parquet',
    columns: ['URL', 'TEXT', 'extra'],
    output: 'mscoco',
  },
  {
    source: 'examples/simple_example.py',
    line: String.raw`img2dataset --processes_count=16 --thread_count=32 --url_list=test_10000.parquet --image_size=256\
      --output_folder=bench --output_format=files --input_format=parquet --url_col=URL --caption_col=TEXT\
      --enable_wandb=True --number_sample_per_shard=1000 --distributor=multiprocessing`,
    list: 'test_10000.parquet',
    inputFormat: 'parquet',
    columns: ['URL', 'TEXT', 'extra'],
    output: 'bench',
  },
  {
    source: 'examples/ray_example/ray_example.py',
    line: String.raw`img2dataset --processes_count=1 --thread_count=32 --retries=0 --timeout=10 --url_list=urls.parquet\
      --image_size=512 --resize_only_if_bigger=True --resize_mode=keep_ratio_largest --skip_reencode=True\
      --output_folder=out --output_format=webdataset --input_format=parquet --url_col=url --caption_col=alt\
      --enable_wandb=True --subjob_size=11520 --number_sample_per_shard=10000 --distributor=ray\
      --oom_shard_count=8 --compute_hash=sha256 --save_additional_columns='["uid"]'`,
    list: 'urls.parquet',
    inputFormat: 'parquet',
    columns: ['uid', 'url', 'alt', 'extra'],
    output: 'out',
  },
  {
    source: 'tests/test_files/benchmark.sh',
    line: String.raw`img2dataset --processes_count 16 --thread_count 128 --url_list=test_10000.parquet --image_size=256 --output_folder=bench \
--output_format="files" --input_format "parquet" --url_col "URL" --caption_col "TEXT" --enable_wandb True --number_sample_per_shard 1000 \
--distributor multiprocessing`,
    list: 'test_10000.parquet',
    inputFormat: 'parquet',
    columns: ['URL', 'TEXT', 'extra'],
    output: 'bench',
  },
].map(documentedCase);
