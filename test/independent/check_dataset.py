"""Checks that a webdataset is whole: every row of the index once and in order, and all files of every shard agree.

Shares no code with laion-fetch: Python's tarfile, hashlib and csv and pyarrow read what it wrote.
Usage: check_dataset.py OUTPUT... INDEX.parquet|INDEX.csv URL_COLUMN
"""
import csv, hashlib, itertools, json, pathlib, struct, sys, tarfile
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
    suffixes = (".tar", ".idx", ".tar.idx", ".parquet", ".sha256", "_stats.json")
    expected = {f"{shard}{suffix}" for shard in shards for suffix in suffixes}
    expected |= {".laion-fetch", ".nv-meta", "README.md", "croissant.json", "sizes.json", "shardindex.json"}
    found = {path.name for path in output.iterdir()}
    assert found == expected, sorted(found ^ expected)
    state = {path.name for path in (output / ".laion-fetch").iterdir()}
    assert state <= {"manifest.json", "hosts.json", "loader-files.json", "throughput.json"}, sorted(state)


def check_loader_files(output, counts):
    """`counts`: the samples of each shard."""
    for shard in counts:
        with tarfile.open(output / f"{shard}.tar") as tar:
            samples = [list(group) for _, group in itertools.groupby(tar, key=lambda member: member.name.split(".")[0])]
            end = tar.offset
        lines = [" ".join(f"{m.name.split('.', 1)[1]} {m.offset_data} {m.size} {m.name}" for m in sample) for sample in samples]
        assert (output / f"{shard}.idx").read_text() == "\n".join([f"v1.2 {len(samples)}", *lines, ""]), shard
        starts = [*(sample[0].offset for sample in samples), end]
        assert (output / f"{shard}.tar.idx").read_bytes() == struct.pack(f"<{len(starts)}Q", *starts), shard
    tars = {f"{shard}.tar": count for shard, count in counts.items()}
    assert json.loads((output / "sizes.json").read_text()) == tars, output
    listed = json.loads((output / "shardindex.json").read_text())["shardlist"]
    assert {tar["url"]: tar["nsamples"] for tar in listed} == tars, output
    assert all(tar["filesize"] == (output / tar["url"]).stat().st_size for tar in listed), output
    info = json.loads((output / ".nv-meta" / ".info.json").read_text())["shard_counts"]
    assert info == {tar: count for tar, count in tars.items() if count > 0}, output


def check_dataset(output, expected):
    shards = sorted(path.name.removesuffix("_stats.json") for path in output.glob("*_stats.json"))
    checked = [check_shard(output, shard) for shard in shards]
    check_nothing_else(output, shards)
    check_loader_files(output, dict(zip(shards, (count for _, count in checked))))
    assert [url for urls, _ in checked for url in urls] == expected, f"{output} has other rows than the index"
    rows, samples = sum(len(urls) for urls, _ in checked), sum(count for _, count in checked)
    print(f"{rows} rows once each and in order, {samples} samples")


*outputs, index, url_column = sys.argv[1:]
expected = index_urls(index, url_column)
for output in outputs:
    check_dataset(pathlib.Path(output), expected)
