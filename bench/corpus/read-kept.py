"""Reads the JPEGs and PNGs of a dataset with Pillow and OpenCV; prints those that one of them refuses as JSON.

usage: read-kept.py FOLDER
"""

import base64
import collections
import io
import json
import multiprocessing
import os
import sys
import tarfile
from pathlib import Path

os.environ["OPENCV_LOG_LEVEL"] = "SILENT"
os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] = str(2**40)

import cv2  # noqa: E402
import numpy  # noqa: E402
from PIL import Image  # noqa: E402

Image.MAX_IMAGE_PIXELS = None

AHEAD = 64
PATIENCE_SECONDS = 60


def with_pillow(data):
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
        return None
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def with_opencv(data):
    try:
        image = cv2.imdecode(numpy.frombuffer(data, numpy.uint8), cv2.IMREAD_UNCHANGED)
        return "no image" if image is None else None
    except cv2.error as error:
        return str(error)


def read(member):
    _, data = member
    pillow, opencv = with_pillow(data), with_opencv(data)
    return None if pillow is None and opencv is None else refusal(member, pillow, opencv)


def refusal(member, pillow, opencv):
    name, data = member
    return {"key": name.split(".")[0], "pillow": pillow, "opencv": opencv, "bytes": base64.b64encode(data).decode()}


def members(folder):
    for path in sorted(Path(folder).glob("*.tar")):
        with tarfile.open(path) as tar:
            for member in tar:
                if member.name.endswith((".jpg", ".png")):
                    yield member.name, tar.extractfile(member).read()


def silence():
    """Libraries write their warnings to standard error."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def results(pool, folder):
    """In order, a few at a time. A reader that crashes takes its process with it, and its image has no result."""
    waiting = collections.deque()
    for member in members(folder):
        waiting.append((member, pool.apply_async(read, (member,))))
        if len(waiting) > AHEAD:
            yield settle(*waiting.popleft())
    while waiting:
        yield settle(*waiting.popleft())


def settle(member, result):
    try:
        return result.get(PATIENCE_SECONDS)
    except multiprocessing.TimeoutError:
        return refusal(member, "no answer", "no answer")


def main(folder):
    count = 0
    refused = []
    with multiprocessing.Pool(initializer=silence) as pool:
        for result in results(pool, folder):
            count += 1
            if result is not None:
                refused.append(result)
    json.dump({"count": count, "refused": refused}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
