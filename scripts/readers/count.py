"""Reads a dataset as it was written with one reader, and checks that every sample is there.

Usage: count.py READER DATASET IMAGES MDS PARQUET SAMPLES, where DATASET has tars, IMAGES folders of files, MDS MDS files, and
PARQUET metadata with images.
"""
import json, pathlib, shutil, subprocess, sys, tempfile
from glob import glob

reader, dataset, images, mds, parquet, samples = *sys.argv[1:6], int(sys.argv[6])
tars = sorted(glob(f"{dataset}/*.tar"))


def expect(found, wanted, what="samples"):
    assert found == wanted, f"expected {wanted} {what}, found {found}"


def read_webdataset():
    import webdataset as wds

    found = list(wds.WebDataset(tars, shardshuffle=False).decode("pil"))
    expect(len(found), samples)
    expect({tuple(sorted(key for key in sample if "__" not in key)) for sample in found}, {("jpg", "json", "txt")}, "members")


def check_features(features):
    from datasets import Value

    wanted = {"similarity": "float64", "LICENSE": "string", "hash": "int64", "seen": "string", "width": "int32"}
    expect({name: features["json"][name] for name in wanted}, {name: Value(dtype) for name, dtype in wanted.items()}, "features")


def read_datasets():
    from datasets import load_dataset

    with tempfile.TemporaryDirectory() as cache:
        data = load_dataset(dataset, split="train", cache_dir=cache)
        expect(len(data), samples)
        check_features(data.features)
        expect((data[0]["json"]["caption"], data[0]["txt"]), (None, ""), "caption of the first row")
        assert data[-1]["txt"].startswith("Bild ") and data[-1]["json"]["hash"] > 2**53, data[-1]
        expect(sum(1 for _ in load_dataset(dataset, split="train", streaming=True)), samples)


def read_streaming():
    from streaming import StreamingDataset

    with tempfile.TemporaryDirectory() as copy:
        shutil.copytree(mds, copy, dirs_exist_ok=True)
        data = StreamingDataset(local=copy, shuffle=False, batch_size=1)
        expect(len(data), samples)
        keys = []
        for at in range(samples):
            sample = data[at]
            keys.append(sample["key"])
            assert sample["jpg"].size == (sample["json"]["width"], sample["json"]["height"])
            expect(sample["txt"], sample["json"]["caption"] or "", "caption")
        expect(keys, sorted(keys), "keys in order")


def read_parquet():
    from datasets import Image, load_dataset

    with tempfile.TemporaryDirectory() as cache:
        data = load_dataset("parquet", data_files=f"{parquet}/*.parquet", split="train", cache_dir=cache)
        data = data.filter(lambda row: row["status"] == "success").cast_column("jpg", Image())
        expect(len(data), samples)
        assert all(row["jpg"].size == (row["width"], row["height"]) and max(row["jpg"].size) == 96 for row in data)
        rows = load_dataset("parquet", data_files=f"{parquet}/*.parquet", split="train", streaming=True).cast_column("jpg", Image())
        expect(sum(row["jpg"] is not None for row in rows), samples, "images in a stream")


def read_imagefolder():
    from datasets import load_dataset

    with tempfile.TemporaryDirectory() as cache:
        data = load_dataset(images, split="train", cache_dir=cache)
        expect(len(data), samples)
        assert all(max(row["image"].size) == 96 and row["image"].size == (row["width"], row["height"]) for row in data)
        captions = dict(sorted(zip(data["key"], data["text"])))  # folders come in any order
        expect((len(captions), [*captions.values()][0], [*captions.values()][-1][:4]), (samples, "", "Bild"), "captions")


def read_open_clip():
    from open_clip import get_tokenizer, image_transform
    from open_clip_train.data import get_wds_dataset
    from open_clip_train.params import parse_args

    args = parse_args(["--train-data", f"{dataset}/{{00000..00002}}.tar", "--dataset-type", "webdataset", "--batch-size", "1", "--workers", "1"])
    args.world_size = 1
    loader = get_wds_dataset(args, image_transform(32, is_train=True), is_train=True, tokenizer=get_tokenizer("ViT-B-32")).dataloader
    expect(loader.num_samples, samples)
    expect(sum(len(batch) for batch, _ in loader), samples)


def read_wids():
    import wids

    data = wids.ShardListDataset(f"{dataset}/shardindex.json")
    expect(len(data), samples)
    expect(len({data[at]["__key__"] for at in range(len(data))}), samples, "keys")


def read_energon():
    from megatron.energon import WorkerConfig, get_loader, get_train_dataset

    data = get_train_dataset(
        dataset, batch_size=1, shuffle_buffer_size=None, max_samples_per_sequence=None,
        worker_config=WorkerConfig.default_worker_config(0), repeat=False,
    )
    expect(sum(len(batch.caption) for batch in get_loader(data)), samples)
    with tempfile.TemporaryDirectory() as copy:
        prepared = pathlib.Path(copy, "dataset")
        shutil.copytree(dataset, prepared)
        for index in prepared.glob("*.tar.idx"):
            index.unlink()
        subprocess.run(
            ["energon", "prepare", prepared, "--non-interactive", "--force-overwrite", "--split-ratio", "1,0,0", "--sample-type", "CaptioningSample",
             "--field-map", '{"image":"jpg","caption":"txt"}'],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        for tar in tars:
            index = pathlib.Path(tar + ".idx")
            assert index.read_bytes() == (prepared / index.name).read_bytes(), f"{index.name} is not what energon prepare writes"
        ours, theirs = (json.loads((path / ".nv-meta" / ".info.json").read_text()) for path in (pathlib.Path(dataset), prepared))
        expect(ours["shard_counts"], theirs["shard_counts"], "shard_counts")


def read_dali():
    import nvidia.dali.fn as fn
    from nvidia.dali import pipeline_def

    @pipeline_def(batch_size=1, num_threads=1, device_id=None)
    def pipeline():
        indexes = [tar.removesuffix("tar") + "idx" for tar in tars]
        image, caption = fn.readers.webdataset(paths=tars, index_paths=indexes, ext=["jpg", "txt"], missing_component_behavior="error", name="tars")
        return fn.decoders.image(image), caption

    built = pipeline()
    built.build()
    expect(built.epoch_size("tars"), samples)
    for _ in range(samples):
        image, caption = built.run()
        assert max(image.as_array().shape[1:3]) == 96
    assert bytes(caption.at(0)).decode().startswith("Bild ")


def read_torchdata():
    import webdataset as wds
    from torchdata.nodes import IterableWrapper, Loader, ParallelMapper

    node = IterableWrapper(wds.WebDataset(tars, shardshuffle=False))
    expect(sum(1 for _ in Loader(ParallelMapper(node, len, num_workers=2, method="thread"))), samples)


def read_duckdb():
    import duckdb

    counted = duckdb.sql(f"SELECT count(*), count(*) FILTER (status = 'success') FROM '{dataset}/*.parquet'").fetchall()[0]
    expect(counted[1], samples)
    assert counted[0] > samples


def read_croissant():
    import mlcroissant

    data = mlcroissant.Dataset(jsonld=f"{dataset}/croissant.json")
    expect(sum(1 for _ in data.records("images")), samples)
    expect(sum(row["rows/status"] == b"success" for row in data.records("rows")), samples)


globals()[f"read_{reader}"]()
