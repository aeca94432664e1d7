"""Checks that a webdataset is whole: every row of the index once and in order, and all files of every shard agree.

Shares no code with laion-fetch: Python's tarfile, hashlib and csv and pyarrow read what it wrote.
Usage: check_dataset.py OUTPUT... INDEX.parquet|INDEX.csv URL_COLUMN
"""
import csv, hashlib, json, pathlib, sys, tarfile
import pyarrow.parquet as pq


def index_urls(path, column):
    if path.endswith(".csv"):
        with open(path, newline="", encoding="utf-8") as file:
            return [row[column] for row in csv.DictReader(file)]
    return pq.read_table(path, columns=[column]).column(0).to_pylist()


def check_checksums(output, shard):
    """`sha256sum --check` and more: the lines name every other file of the shard, once each."""
    lines = (output / f"{shard}.sha256").read_text(encoding="utf-8").splitlines()
    written = dict(reversed(line.split("  ", 1)) for line in lines)
    names = [f"{shard}{suffix}" for suffix in (".tar", ".parquet", "_stats.json")]
    assert len(written) == len(lines) and sorted(written) == sorted(names), (shard, lines)
    for name, digest in written.items():
        assert hashlib.sha256((output / name).read_bytes()).hexdigest() == digest, f"{name} has another sha256"


def check_shard(output, shard):
    """Returns the URLs of the shard and the number of its samples."""
    check_checksums(output, shard)
    stats = json.loads((output / f"{shard}_stats.json").read_text())
    table = pq.read_table(output / f"{shard}.parquet").to_pylist()
    successes = [row for row in table if row["status"] == "success"]
    with tarfile.open(output / f"{shard}.tar") as tar:
        members = [(*member.name.split("."), tar.extractfile(member).read()) for member in tar]
    documents = [json.loads(content) for _, extension, content in members if extension == "json"]
    keys = [row["key"] for row in table]
    assert keys == [f"{shard}{place:0{len(keys[0]) - len(shard)}d}" for place in range(len(keys))], (shard, keys)
    assert [d["key"] for d in documents] == [r["key"] for r in successes] == list(dict.fromkeys(m[0] for m in members)), shard
    assert all(d[name] == row[name] for d, row in zip(documents, successes) for name in ("url", "sha256", "width")), shard
    assert len({(key, extension) for key, extension, _ in members}) == len(members), shard
    assert stats["count"] == len(table) and stats["successes"] == len(successes), shard
    return [row["url"] for row in table], len(successes)


def check_nothing_else(output, shards):
    suffixes = (".tar", ".parquet", ".sha256", "_stats.json")
    expected = {f"{shard}{suffix}" for shard in shards for suffix in suffixes} | {".laion-fetch"}
    found = {path.name for path in output.iterdir()}
    assert found == expected, sorted(found ^ expected)
    state = {path.name for path in (output / ".laion-fetch").iterdir()}
    assert state <= {"manifest.json", "hosts.json"}, sorted(state)


def check_dataset(output, expected):
    shards = sorted(path.name.removesuffix("_stats.json") for path in output.glob("*_stats.json"))
    checked = [check_shard(output, shard) for shard in shards]
    check_nothing_else(output, shards)
    assert [url for urls, _ in checked for url in urls] == expected, f"{output} has other rows than the index"
    rows, samples = sum(len(urls) for urls, _ in checked), sum(count for _, count in checked)
    print(f"{rows} rows once each and in order, {samples} samples")


*outputs, index, url_column = sys.argv[1:]
expected = index_urls(index, url_column)
for output in outputs:
    check_dataset(pathlib.Path(output), expected)
