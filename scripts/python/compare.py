"""Compares two folders that datasets.py filled: `python compare.py <img2dataset's> <ours>`. Reads with pyarrow and OpenCV."""

import json
import sys
import tarfile
from pathlib import Path

import cv2
import numpy
import pyarrow.parquet
from datasets import CASES


def observe(folder):
    """What img2dataset's readers see. Words of errors are left out; they have a list in docs/img2dataset.md."""
    files, members, tables, stats = [], {}, [], []
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.suffix == ".sha256":
            continue
        files.append(path.name)
        if path.suffix == ".tar":
            with tarfile.open(path) as tar:
                members.update({member.name: tar.extractfile(member).read() for member in tar.getmembers()})
        elif path.is_dir():
            members.update({file.name: file.read_bytes() for file in path.iterdir()})
        elif path.suffix == ".parquet":
            tables.append(pyarrow.parquet.read_table(path))
        elif path.suffix == ".json":
            document = json.loads(path.read_text())
            names = ["count", "successes", "failed_to_download", "failed_to_resize"]
            stats.append((path.name, {name: document[name] for name in names}))
    rows = sorted((row for table in tables for row in table.to_pylist()), key=lambda row: row["key"])
    schema = {field.name: str(field.type) for field in tables[0].schema}
    images = [value for row in rows for name, value in row.items() if name in ("jpg", "png") and value]
    return {
        "files": files,
        "members": sorted(members),
        "sizes": {name: size(value) for name, value in members.items() if name.endswith((".jpg", ".png"))},
        "sizes in columns": [size(image) for image in images],
        "captions": {name: value for name, value in members.items() if name.endswith(".txt")},
        "json": {name: json.loads(value) for name, value in members.items() if name.endswith(".json")},
        "schema": schema,
        "statuses": {row["url"]: row["status"] for row in rows},
        "rows": [
            {name: value for name, value in row.items() if name not in ("error_message", "jpg", "png")} for row in rows
        ],
        "stats": stats,
    }


def size(image):
    return cv2.imdecode(numpy.frombuffer(image, numpy.uint8), cv2.IMREAD_UNCHANGED).shape[:2]


def only(theirs, ours):
    """Ours without the columns and fields that follow theirs."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        return {name: only(value, ours[name]) for name, value in theirs.items() if name in ours}
    if isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        return [only(*pair) for pair in zip(theirs, ours)]
    return ours


def main(theirs, ours):
    failed = False
    for case in CASES:
        first, second = observe(Path(theirs) / case), observe(Path(ours) / case)
        for fact, value in first.items():
            found = only(value, second[fact])
            same = found == value
            failed |= not same
            count = len(value)
            print(f"{case}, {fact}: {'the same' if same else 'DIFFERENT'} ({count})")
            if not same:
                print(f"  img2dataset: {value}\n  laion-fetch: {found}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
