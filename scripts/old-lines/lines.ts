import { DOCUMENTED_CASES } from '../../test/differential/documented-lines.ts';
import { inBucket, type OldLine, published } from './old-line.ts';

/** Lines of img2dataset's own documentation, most of which the tests compare with a record. */
const OWN_NAMES: Readonly<Record<string, string>> = {
  readme: 'README.md, the first example',
  'readme-ssl': 'README.md, certificates',
  sbu: 'dataset_examples/SBUcaptions.md',
  cc12m: 'dataset_examples/cc12m.md',
  cc3m: 'dataset_examples/cc3m.md',
  coyo: 'dataset_examples/coyo-700m.md',
  aesthetic: 'dataset_examples/laion-aesthetic.md',
  art: 'dataset_examples/laion-art.md',
  'laion-coco': 'dataset_examples/laion-coco.md',
  highres: 'dataset_examples/laion-high-resolution.md',
  laion400m: 'dataset_examples/laion400m.md',
  mscoco: 'dataset_examples/mscoco.md',
  simple_example: 'examples/simple_example.py',
  ray_example: 'examples/ray_example/ray_example.py',
  benchmark: 'tests/test_files/benchmark.sh',
};

const RECORDED: readonly OldLine[] = Object.entries(OWN_NAMES).map(([name, source]) => {
  const testCase = DOCUMENTED_CASES.find((each) => each.name === source);
  if (testCase === undefined) throw new Error(`Expected a documented line of ${source}`);
  return { name, testCase: { ...testCase, name } };
});

const LAION = ['URL', 'TEXT', 'similarity', 'hash', 'punsafe', 'pwatermark'];
const NSFW = ['URL', 'TEXT', 'NSFW', 'similarity', 'LICENSE', 'extra'];
const COYO = [
  ...['url', 'text', 'clip_similarity_vitb32', 'clip_similarity_vitl14', 'nsfw_score_opennsfw2'],
  ...['nsfw_score_gantman', 'watermark_score', 'aesthetic_score_laion_v2', 'extra'],
];
const COYO_COLUMNS = `'["clip_similarity_vitb32","clip_similarity_vitl14","nsfw_score_opennsfw2","nsfw_score_gantman","watermark_score","aesthetic_score_laion_v2"]'`;
const NSFW_COLUMNS = `'["NSFW","similarity","LICENSE"]'`;

const NEEDS_TENSORFLOW = 'it needs TensorFlow and tensorflow-io';

const LINES: readonly OldLine[] = [
  published({
    name: 'art-optout',
    line: `img2dataset --url_list laion-art --input_format "parquet" --url_col "URL" --caption_col "TEXT" --output_format webdataset --output_folder laion-high-resolution --processes_count 16 --thread_count 64 --image_size 384 --resize_only_if_bigger=True --resize_mode="keep_ratio" --skip_reencode=True --save_additional_columns '["similarity","hash","punsafe","pwatermark","aesthetic","LANGUAGE"]' --enable_wandb True --disallowed_header_directives '[]'`,
    columns: [...LAION, 'aesthetic', 'LANGUAGE', 'extra'],
  }),
  ...inBucket(
    {
      name: 'laion5B',
      line: `img2dataset --processes_count=1 --thread_count=64 --url_list=laion2B-en --image_size=384 --resize_only_if_bigger=True --resize_mode='keep_ratio' --skip_reencode=True --output_folder=laion2B-data --output_format='webdataset' --input_format='parquet' --url_col='URL' --caption_col='TEXT' --enable_wandb=True --number_sample_per_shard=10000 --distributor='pyspark' --save_additional_columns=${NSFW_COLUMNS} --oom_shard_count=6`,
      columns: NSFW,
    },
    's3://laion-us-east-1/laion-data/laion2B-data',
  ),
  published({
    name: 'dist-tutorial',
    line: `img2dataset --processes_count=1 --thread_count=32 --retries=0 --url_list=some_file.parquet --image_size=384 --resize_only_if_bigger=True --resize_mode='keep_ratio' --skip_reencode=True --output_folder=bench --output_format='webdataset' --input_format='parquet' --url_col='URL' --caption_col='TEXT' --enable_wandb=False --number_sample_per_shard=10000 --distributor='pyspark' --save_additional_columns=${NSFW_COLUMNS}`,
    columns: NSFW,
  }),
  published({
    name: 'large_bench_tf',
    line: `img2dataset --url_list cah_400M_meta --input_format "parquet" --url_col "URL" --caption_col "TEXT" --output_format tfrecord --output_folder tmp_test --processes_count 16 --thread_count 64 --image_size 256 --save_additional_columns ${NSFW_COLUMNS} --enable_wandb True --distributor pyspark`,
    columns: NSFW,
    alone: NEEDS_TENSORFLOW,
  }),
  ...inBucket(
    {
      name: 's3_bench',
      line: `img2dataset --url_list "cah_400M_meta" --input_format "parquet" --url_col "URL" --caption_col "TEXT" --output_format webdataset --output_folder my_img2dataset_test --processes_count 16 --thread_count 64 --image_size 256 --save_additional_columns ${NSFW_COLUMNS} --enable_wandb True --distributor pyspark`,
      columns: NSFW,
    },
    's3://laion-watermark/my_img2dataset_test',
  ),
  published({
    name: 'datacomp',
    line: `img2dataset --url_list=metadata --image_size=512 --output_folder=shards --processes_count=16 --thread_count=128 --resize_mode='keep_ratio_largest' --resize_only_if_bigger=True --encode_format='jpg' --output_format='webdataset' --input_format='parquet' --url_col='url' --caption_col='text' --bbox_col='face_bboxes' --save_additional_columns='["uid"]' --number_sample_per_shard=10000 --oom_shard_count=8`,
    columns: ['uid', 'url', 'text', 'face_bboxes', 'extra'],
  }),
  ...inBucket(
    {
      name: 'datacomp-tf',
      line: `img2dataset --url_list=metadata --image_size=256 --output_folder=shards --processes_count=16 --thread_count=128 --resize_mode='center_crop' --resize_only_if_bigger=False --encode_format='webp' --output_format='tfrecord' --input_format='parquet' --url_col='url' --caption_col='text' --save_additional_columns='["uid"]' --number_sample_per_shard=10000 --oom_shard_count=8`,
      columns: ['uid', 'url', 'text', 'extra'],
      alone: NEEDS_TENSORFLOW,
    },
    'gs://my_bucket/datacomp/small/shards',
  ),
  published({
    name: 'gcc3m',
    line: `img2dataset --url_list gcc3m.tsv --input_format "tsv" --url_col "url" --caption_col "caption" --output_format webdataset --output_folder gcc3m_shards --processes_count 16 --thread_count 64 --image_size 512 --resize_mode keep_ratio --resize_only_if_bigger True --enable_wandb True --save_metadata False --oom_shard_count 6`,
    columns: ['caption', 'url'],
  }),
  published({
    name: 'mosaic-sd',
    line: `img2dataset --url_list metadata-filtered --input_format "parquet" --url_col "URL" --caption_col "TEXT" --output_format webdataset --output_folder webdataset-filtered --processes_count 16 --thread_count 64 --incremental_mode "incremental" --resize_mode "no" --save_additional_columns '["SAMPLE_ID","LICENSE","NSFW","similarity","WIDTH","HEIGHT"]' --enable_wandb False`,
    columns: ['SAMPLE_ID', 'URL', 'TEXT', 'LICENSE', 'NSFW', 'similarity', 'WIDTH', 'HEIGHT', 'extra'],
  }),
  published({
    name: 'minigpt4',
    line: `img2dataset --url_list laion_synthetic_filtered_large.tsv --input_format "tsv" --url_col "url" --caption_col "caption" --output_format webdataset --output_folder laion_dataset --processes_count 16 --thread_count 128 --image_size 224 --enable_wandb True`,
    columns: ['caption', 'url', 'extra'],
  }),
  published({
    name: 'sapiensid',
    line: `img2dataset --url_list 1.parquet --input_format "parquet" --url_col "URL" --save_additional_columns '["idx", "label"]' --output_format "parquet" --output_folder 1_parquet --processes_count 89 --thread_count 128 --enable_wandb True --number_sample_per_shard 30000 --disallowed_header_directives '[]' --encode_quality 85 --image_size 640 --resize_only_if_bigger False --resize_mode border --timeout 20 --retries 1`,
    columns: ['URL', 'idx', 'label', 'extra'],
  }),
  published({
    name: 'pd12m',
    line: `img2dataset --url_list "pd12m.parquet" --input_format "parquet" --url_col "url" --caption_col "caption" --output_format webdataset --number_sample_per_shard=5000 --skip_reencode=True --output_folder "out" --processes_count 16 --thread_count 64 --resize_mode no`,
    columns: ['url', 'caption', 'extra'],
  }),
  published({
    name: 'pd12m-png',
    line: `img2dataset --url_list pd12m.csv --input_format "csv" --url_col "url" --caption_col "caption" --output_format "webdataset" --output_folder "raw_downloaded" --thread_count 16 --processes_count 32 --thread_count 256 --number_sample_per_shard 10000 --min_image_size 512 --resize_only_if_bigger=True --resize_mode="center_crop" --skip_reencode=True --image_size 512 --skip_reencode True --encode_format png --encode_quality 9`,
    columns: ['url', 'caption', 'extra'],
  }),
  published({
    name: 'cats',
    line: `img2dataset --url_list=cats.csv --output_folder=img --thread_count=64 --image_size=256 --resize_mode=center_crop --url_col "URL" --caption_col "TEXT" --input_format=csv --save_additional_columns '["similarity","hash","punsafe","pwatermark","aesthetic"]' --encode_format=png --encode_quality=5`,
    columns: [...LAION, 'aesthetic', 'extra'],
  }),
  published({
    name: 'shopee',
    line: `img2dataset --url_list=data_sample_ELHA_0.parquet --output_folder=img_/ --processes_count=16 --thread_count=32 --image_size=224 --output_format=files --input_format=parquet --url_col=image_url --number_sample_per_shard=50000`,
    columns: ['item_id', 'images', 'image_url'],
  }),
  published({
    name: 'cloc',
    line: `img2dataset --url_list cyfcc.txt --input_format "txt" --output_form webdataset output_folder images --process_count 16 --thread_count 256 --resize_mode no --skip_reencode True`,
    columns: ['url'],
    refusal: /unknown option '--output_form'; did you mean --output-format\?/,
  }),
  published({
    name: 'sbu-tsv',
    line: `img2dataset --url_list sbu_urls.tsv --input_format tsv --url_col 0 --caption_col 1 --output_folder sbu_wds --output_format webdataset --image_size 256 --processes_count 16 --thread_count 32`,
    inputFormat: 'tsv without a header',
    columns: ['url', 'caption'],
    alone: 'it reads no table without a header',
  }),
  published({
    name: 'cc3m-rst',
    line: `img2dataset --url_list labeled --input_format parquet --url_col image_url --caption_col caption --output_folder cc3m --processes_count 4 --resize_mode no --skip_reencode True --retries 3 --disallowed_header_directives '[]'`,
    columns: ['image_url', 'caption', 'labels'],
  }),
  published({
    name: 'flaxdiff',
    line: `img2dataset --url_list x.parquet --input_format "parquet" --url_col "url" --caption_col "caption" --output_format arrayrecord --output_folder out --processes_count 64 --thread_count 64 --image_size 256 --min_image_size 100 --number_sample_per_shard 80000 --max_aspect_ratio 2.4 --enable_wandb True --disallowed_header_directives '[]' --compute_hash None --max_shard_retry 3 --timeout 60`,
    columns: ['url', 'caption'],
    refusal: /--output-format: expected one of webdataset, files, .*got 'arrayrecord'/,
  }),
  published({
    name: 'grit',
    line: `img2dataset --url_list url_list.csv --output_folder images --input_format "csv" --output_format "files" --caption_col "image_id" --thread_count 64 --resize_mode "no" --disallowed_header_directives '[]' --enable_wandb "True" --incremental "True" --number_sample_per_shard 10000`,
    columns: ['url', 'image_id'],
  }),
  published({
    name: 'laion-hash',
    line: `img2dataset --url_list laion2b-raw --input_format parquet --url_col url --caption_col caption --output_format parquet --output_folder laion2b-processed --processes_count 32 --thread_count 64 --resize_mode no --compute_hash "md5" --verify_hash '["md5","md5"]' --save_additional_columns '["punsafe","pwatermark","similarity","hash"]' --enable_wandb True --wandb_project laion-dataset`,
    columns: ['url', 'caption', 'md5', 'punsafe', 'pwatermark', 'similarity', 'hash', 'extra'],
  }),
  ...inBucket(
    {
      name: 'laion2b-tf',
      line: `img2dataset --url_list laion2b-en-meta --input_format "parquet" --url_col "URL" --caption_col "TEXT" --output_format tfrecord --output_folder tfrecord_dataset_img480 --processes_count 32 --thread_count 256 --image_size 480 --resize_mode keep_ratio --save_additional_columns ${NSFW_COLUMNS}`,
      columns: NSFW,
      alone: NEEDS_TENSORFLOW,
    },
    'gs://your-gcs-bucket/laion-2b-en/tfrecord_dataset_img480',
  ),
  ...inBucket(
    {
      name: 'coyo-dataproc',
      line: `img2dataset --url_list=parquet --input_format="parquet" --url_col="url" --caption_col="text" --output_format=webdataset --output_folder=webdataset --distributor="pyspark" --processes_count=1 --thread_count=64 --image_size=384 --retries=1 --min_image_size=200 --max_aspect_ratio=3 --resize_only_if_bigger=True --resize_mode="keep_ratio" --skip_reencode=True --save_additional_columns=${COYO_COLUMNS} --enable_wandb=False`,
      columns: COYO,
    },
    'gcs://YOUR_GS_BUCKET/dataset/coyo-700m/webdataset --distributor="pyspark"',
  ),
  published({
    name: 'swisstopo',
    line: `img2dataset --url_list=swisstopo_urls.csv --output_folder=swisstopo --image_size='(1024, 1024)' --processes_count=1 --resize_mode='no' --encode_quality=0 --encode_format='png' --skip_reencode=True --output_format='webdataset' --input_format='csv' --url_col='url' --save_additional_columns='["pair_id","image_type","bbox"]' --number_sample_per_shard=10000 --timeout=360 --retries=5`,
    columns: ['url', 'pair_id', 'image_type', 'bbox'],
  }),
  published({
    name: 'promptdet',
    line: `img2dataset --url_list=dog.txt --image_size=1024 --output_folder=dog --processes_count=64 --timeout=20`,
    columns: ['url'],
  }),
  published({
    name: 'nocaps',
    line: `img2dataset --url_list=myimglist.txt --output_folder=nocaps --disable_all_reencoding=True --timeout=60 --retries=2`,
    columns: ['url'],
  }),
  published({
    name: 'pixmo',
    line: `img2dataset --url_list=filtered.parquet --output_folder=pixmo-cap-dl --processes_count=75 --thread_count=64 --resize_mode='no' --encode_format='png' --encode_quality=0 --output_format='webdataset' --input_format='parquet' --url_col='image_url' --caption_col='caption' --save_additional_columns='["transcripts"]' --number_sample_per_shard=10000 --timeout=30 --retries=1`,
    columns: ['image_url', 'caption', 'transcripts'],
  }),
  published({
    name: 'cc3m-min',
    line: `img2dataset --url_list=image_urls_val.txt --image_size=256 --output_folder=cc3m --enable_wandb=True`,
    columns: ['url'],
  }),
  published({
    name: 'bongard',
    line: `img2dataset --processes_count=1 --thread_count=1 --url_list=flickr.txt --image_size=256 --resize_mode='keep_ratio' --output_folder=Bongard_flickr --output_format='files'`,
    columns: ['url'],
  }),
  published({
    name: 'midjourney',
    line: `img2dataset --url_list=debug_dataset --input_format='parquet' --url_col='img_url' --caption_col='text' --output_format='webdataset' --output_folder=debug_dataset --processes_count=8 --thread_count=64 --image_size=512 --resize_only_if_bigger=True --resize_mode='center_crop' --skip_reencode=True --disallowed_header_directives='[]'`,
    columns: ['img_url', 'text', 'extra'],
  }),
  published({
    name: 'issue349',
    line: `img2dataset --url_list mscoco.parquet --input_format "parquet" --url_col"URL" --caption_col "TEXT" --output_format webdataset --output_folder mscoco --processes_count 16 --thread_count 64 --image_size 256 --enable_wandb True`,
    columns: ['URL', 'TEXT'],
    refusal: /unknown option '--url_colURL'; did you mean --url-col\?/,
  }),
  published({
    name: 'laion-glob',
    line: `img2dataset --url_list laion/*.parquet --input_format "parquet" --url_col "URL" --caption_col "TEXT" --output_format webdataset --output_folder out --count 100000`,
    list: 'laion',
    columns: ['URL', 'TEXT'],
    refusal: /unknown option '--count'.*--limit/,
  }),
  published({
    name: 'capsfusion',
    line: `img2dataset --url_list capfusion --input_format "parquet" --url_col "image_url" --caption_col "capsfusion" --output_format webdataset --output_folder capfusion_256 --processes_count 32 --thread_count 256 --image_size 256 --resize_only_if_bigger=True --resize_mode="center_crop" --skip_reencode=True --min_image_size 256 --save_additional_columns '["laion_2b","laion_coco"]' --enable_wandb False`,
    columns: ['image_url', 'capsfusion', 'laion_2b', 'laion_coco'],
  }),
  published({
    name: 'issue17',
    line: `img2dataset --url_list part_one.parquet --input_format "parquet" --url_col "URL" --caption_col "TEXT" --output_format webdataset --output_folder the_part_one_wds --thread_count 256 --image_size 256`,
    columns: ['URL', 'TEXT', 'extra'],
  }),
  published({
    name: 'csv-noformat',
    line: `img2dataset --url_list urls.csv --output_folder images --thread_count 32 --image_size 256`,
    inputFormat: 'csv',
    columns: ['url', 'caption'],
    alone: 'it takes every line of a table for a URL',
  }),
  ...inBucket(
    {
      name: 'gen-gs',
      line: `img2dataset --processes_count=16 --thread_count=256 --url_list=0.parquet --image_size=256 --output_folder=tfr_0 --output_format='tfrecord' --input_format='parquet' --url_col='URL' --caption_col='TEXT' --enable_wandb=False --number_sample_per_shard=10000 --distributor='multiprocessing' --disallowed_header_directives='["noai","noindex"]'`,
      columns: ['URL', 'TEXT', 'extra'],
      alone: NEEDS_TENSORFLOW,
    },
    'gs://jax-ddpm-eu/aesth_data/tfr_0',
  ),
  published({
    name: 'webface',
    line: `img2dataset --processes_count=16 --thread_count=32 --url_list=species.csv --output_folder=taxon --output_format='webdataset' --input_format='csv' --url_col='photo_url_large' --number_sample_per_shard=200000 --distributor='multiprocessing' --resize_mode='no'`,
    columns: ['photo_url_large', 'ancestry'],
  }),
  published({
    name: 'cc3m-pt',
    line: `img2dataset --url_list=cc3m_train_urls.tsv --input_format='tsv' --url_col='url' --caption_col='caption' --output_format='webdataset' --output_folder=cc3m_wds --image_size=512 --resize_mode='keep_ratio' --resize_only_if_bigger=True --min_image_size=256 --max_aspect_ratio=2.0 --processes_count=16 --thread_count=64 --number_sample_per_shard=10000 --encode_quality=95 --timeout=10 --retries=1 --incremental_mode='incremental'`,
    columns: ['caption', 'url'],
  }),
  published({
    name: 'sd-script',
    line: `img2dataset --url_list part_1.parquet --input_format "parquet" --url_col "URL" --caption_col "TEXT" --output_format files --output_folder part_1 --image_size 512 --resize_only_if_bigger=True --resize_mode="keep_ratio" --skip_reencode=True --timeout 15 --save_additional_columns '["similarity","hash","punsafe","pwatermark","AESTHETIC_SCORE"]' --number_sample_per_shard 10000 --processes_count 16 --thread_count 64 --disallowed_header_directives '[]'`,
    columns: [...LAION, 'AESTHETIC_SCORE', 'extra'],
  }),
];

export const OLD_LINES: readonly OldLine[] = [...RECORDED, ...LINES];
