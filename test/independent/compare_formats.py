"""Checks that datasets of the formats parquet, tfrecord and mds hold what the webdataset tars of the same index hold.

Shares no code with laion-fetch: Python's tarfile, the package tfrecord, pyarrow and the reader below,
which does what MosaicML's streaming does, read what it wrote.
Usage: compare_formats.py WEBDATASET PARQUET TFRECORD MDS
"""
import collections, hashlib, json, pathlib, struct, sys, tarfile
import pyarrow.parquet as pq
from tfrecord.reader import tfrecord_iterator
from tfrecord import example_pb2

def samples_of(tar_path):
    samples = collections.defaultdict(dict)
    with tarfile.open(tar_path) as tar:
        for member in tar:
            key, extension = member.name.split(".", 1)
            samples[key][extension] = tar.extractfile(member).read()
    return samples


def features_of(record):
    example = example_pb2.Example()
    example.ParseFromString(bytes(record))
    return {name: (feature.WhichOneof("kind"), list(getattr(feature, feature.WhichOneof("kind")).value))
            for name, feature in example.features.feature.items()}


def expected_feature(value):
    if isinstance(value, bool) or isinstance(value, int):
        return "int64_list", [int(value)]
    if isinstance(value, float):
        return "float_list", [struct.unpack("f", struct.pack("f", value))[0]]
    if isinstance(value, list):
        parts = [expected_feature(item) for item in value]
        return parts[0][0] if parts else None, [part[1][0] for part in parts]
    return "bytes_list", [(value or "").encode()]


def compare_record(features, sample):
    fields = json.loads(sample["json"])
    image = next(name for name in sample if name not in ("json", "txt"))
    assert features.pop(image) == ("bytes_list", [sample[image]])
    if "txt" in sample:
        assert features.pop("txt") == ("bytes_list", [sample["txt"]])
    for name, value in fields.items():
        if value is None:
            assert features.pop(name, ("bytes_list", [b""])) == ("bytes_list", [b""]), name
            continue
        kind, values = expected_feature(value)
        # A column of the index that has the name of one of the format's own is renamed.
        found = features.pop(f"index_{name}" if f"index_{name}" in features else name)
        assert found[1] == values and kind in (None, found[0]), (name, found, kind, values)
    assert not features, features


def mds_samples(folder):
    for shard in json.loads((folder / "index.json").read_text())["shards"]:
        content = (folder / shard["raw_data"]["basename"]).read_bytes()
        assert len(content) == shard["raw_data"]["bytes"] and shard["version"] == 2 and shard["format"] == "mds"
        assert hashlib.sha256(content).hexdigest() == shard["raw_data"]["hashes"]["sha256"]
        names = shard["column_names"]
        assert names == sorted(names) and shard["column_sizes"] == [None] * len(names)
        for index in range(shard["samples"]):
            begin, end = struct.unpack_from("<2I", content, 4 * (1 + index))
            at = begin + 4 * len(names)
            sample = {}
            for name, size in zip(names, struct.unpack_from(f"<{len(names)}I", content, begin)):
                sample[name] = content[at:at + size]
                at += size
            assert at == end
            yield sample.pop("key").decode(), sample
        assert struct.unpack_from("<I", content)[0] == shard["samples"] and end == len(content)


def main(webdataset, parquet, tfrecord, mds):
    count = 0
    tars = {key: sample for tar in sorted(pathlib.Path(webdataset).glob("*.tar")) for key, sample in samples_of(tar).items()}
    assert list(mds_samples(pathlib.Path(mds))) == list(tars.items())
    for tar in sorted(pathlib.Path(webdataset).glob("*.tar")):
        samples = samples_of(tar)
        records = [features_of(record) for record in tfrecord_iterator(f"{tfrecord}/{tar.stem}.tfrecord")]
        assert [features["key"][1][0].decode() for features in records] == list(samples)
        for features, sample in zip(records, samples.values()):
            compare_record(features, sample)
        plain = pq.read_table(f"{webdataset}/{tar.stem}.parquet")
        table = pq.read_table(f"{parquet}/{tar.stem}.parquet")
        image = next(name for name in next(iter(samples.values())) if name not in ("json", "txt"))
        images = dict(zip(table.column("key").to_pylist(), table.column(image).to_pylist()))
        assert {key: value for key, value in images.items() if value is not None} == {
            key: next(content for name, content in sample.items() if name not in ("json", "txt"))
            for key, sample in samples.items()
        }
        for name in set(plain.column_names) - {"fetched_at", "attempts"}:
            renamed = f"index_{name}" if f"index_{name}" in table.column_names else name
            assert table.column(renamed).equals(plain.column(name)), name
        count += len(samples)
    print(f"{count} samples")


main(*sys.argv[1:])
