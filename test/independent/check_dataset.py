"""Checks that tars, Parquet and statistics of a webdataset agree and hold every row of the index once, in order.

Shares no code with laion-fetch: Python's tarfile and pyarrow read what it wrote.
Usage: check_dataset.py OUTPUT INDEX.parquet URL_COLUMN
"""
import json, pathlib, sys, tarfile
import pyarrow.parquet as pq

output, index, url_column = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
urls, rows, samples = [], 0, 0
for stats_file in sorted(output.glob("*_stats.json")):
    stats, shard = json.loads(stats_file.read_text()), stats_file.name.split("_")[0]
    table = pq.read_table(output / f"{shard}.parquet").to_pylist()
    successes = [row for row in table if row["status"] == "success"]
    with tarfile.open(output / f"{shard}.tar") as tar:
        members = [(*member.name.split("."), tar.extractfile(member).read()) for member in tar]
    documents = [json.loads(content) for _, extension, content in members if extension == "json"]
    assert [d["key"] for d in documents] == [r["key"] for r in successes] == list(dict.fromkeys(m[0] for m in members)), shard
    assert all(d[name] == row[name] for d, row in zip(documents, successes) for name in ("url", "sha256", "width")), shard
    assert stats["count"] == len(table) and stats["successes"] == len(successes), shard
    urls += [row["url"] for row in table]
    rows, samples = rows + len(table), samples + len(successes)
assert urls == pq.read_table(index, columns=[url_column]).column(0).to_pylist()
print(f"{rows} rows once each and in order, {samples} samples")
