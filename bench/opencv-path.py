"""CPU milliseconds per image that OpenCV takes for img2dataset's steps, on the JPEGs of a folder.

usage: opencv-path.py FOLDER IMAGE_SIZE RESIZE_MODE ONLY_IF_BIGGER
"""

import json
import sys
import time
from pathlib import Path

import cv2
import numpy


def decode(body):
    return cv2.imdecode(numpy.frombuffer(body, numpy.uint8), cv2.IMREAD_UNCHANGED)


def scale(image, size, mode, only_if_bigger):
    height, width = image.shape[:2]
    side = min(height, width) if mode == "keep_ratio" else max(height, width)
    if only_if_bigger and side <= size:
        return image
    target = (max(1, round(width * size / side)), max(1, round(height * size / side)))
    kernel = cv2.INTER_AREA if side > size else cv2.INTER_LANCZOS4
    return cv2.resize(image, target, interpolation=kernel)


def encode(image):
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()


def main():
    folder, size, mode, only = sys.argv[1:]
    cv2.setNumThreads(1)
    bodies = [path.read_bytes() for path in sorted(Path(folder).iterdir())]
    stages = {
        "decode": decode,
        "decode, scale": lambda body: scale(decode(body), int(size), mode, only == "true"),
        "all": lambda body: encode(scale(decode(body), int(size), mode, only == "true")),
    }
    figures = {}
    for name, stage in stages.items():
        best = float("inf")
        for _ in range(4):
            start = time.process_time()
            for body in bodies:
                stage(body)
            best = min(best, (time.process_time() - start) * 1000 / len(bodies))
        figures[name] = best
    print(json.dumps({"version": cv2.__version__, "ms": figures}))


main()
