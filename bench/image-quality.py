"""Compares scaled JPEGs with exact scaling of their sources, in decibels and in SSIM of luma.

usage: image-quality.py FOLDER QUALITY

The folder holds N.jpg, N.laion-fetch.jpg and N.sharp.jpg. QUALITY is their JPEG quality; OpenCV's results use it, too.
"""

import json
import sys
from pathlib import Path

import cv2
import numpy


def area_weights(source, target):
    """Each sample of the result is the mean of the samples it covers; the first and last count by the part it covers."""
    step = source / target
    edges = numpy.arange(target + 1) * step
    pixels = numpy.arange(source)
    overlap = numpy.minimum(edges[1:, None], pixels + 1) - numpy.maximum(edges[:-1, None], pixels)
    return numpy.maximum(overlap, 0) / step


def lanczos_weights(source, target, lobes=4):
    step = source / target
    centres = (numpy.arange(target) + 0.5) * step - 0.5
    weights = numpy.zeros((target, source))
    for row, centre in enumerate(centres):
        for pixel in range(int(numpy.floor(centre)) - lobes + 1, int(numpy.floor(centre)) + lobes + 1):
            distance = pixel - centre
            place = min(max(pixel, 0), source - 1)
            weights[row, place] += numpy.sinc(distance) * numpy.sinc(distance / lobes)
    return weights / weights.sum(axis=1, keepdims=True)


def exact(image, width, height):
    weights = area_weights if height <= image.shape[0] else lanczos_weights
    down, across = weights(image.shape[0], height), weights(image.shape[1], width)
    scaled = numpy.einsum("yv,vuc,xu->yxc", down, image.astype(float), across, optimize=True)
    return numpy.clip(scaled, 0, 255)


def opencv(image, width, height, quality):
    kernel = cv2.INTER_AREA if height <= image.shape[0] else cv2.INTER_LANCZOS4
    scaled = cv2.resize(image, (width, height), interpolation=kernel)
    return read(cv2.imencode(".jpg", scaled, [cv2.IMWRITE_JPEG_QUALITY, quality])[1])


def read(body):
    return cv2.imdecode(numpy.frombuffer(bytes(body), numpy.uint8), cv2.IMREAD_COLOR)


def decibels(a, b):
    return 10 * numpy.log10(255**2 / max(numpy.mean((a.astype(float) - b) ** 2), 1e-9))


def ssim(a, b):
    a, b = (image.astype(float) @ [0.114, 0.587, 0.299] for image in (a, b))
    blur = lambda image: cv2.GaussianBlur(image, (11, 11), 1.5)
    mean_a, mean_b = blur(a), blur(b)
    var_a, var_b = blur(a * a) - mean_a**2, blur(b * b) - mean_b**2
    both = blur(a * b) - mean_a * mean_b
    c1, c2 = 6.5025, 58.5225
    return numpy.mean(
        (2 * mean_a * mean_b + c1) * (2 * both + c2) / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))
    )


def main():
    folder, quality = Path(sys.argv[1]), int(sys.argv[2])
    rows = {}
    for source in sorted(folder.glob("*.jpg")):
        if source.name.count(".") > 1:
            continue
        image = read(source.read_bytes())
        makers = {name: read((folder / f"{source.stem}.{name}.jpg").read_bytes()) for name in ("laion-fetch", "sharp")}
        height, width = makers["sharp"].shape[:2]
        makers["OpenCV"] = opencv(image, width, height, quality)
        direction = "reduced" if height <= image.shape[0] else "enlarged"
        wanted = exact(image, width, height)
        for name, made in makers.items():
            rows.setdefault((direction, name), []).append((decibels(made, wanted), ssim(made, wanted)))
        rows.setdefault((direction, "laion-fetch compared with sharp"), []).append(
            (decibels(makers["laion-fetch"], makers["sharp"]), ssim(makers["laion-fetch"], makers["sharp"]))
        )
    table = [[*key, len(values), *map(float, numpy.mean(values, axis=0))] for key, values in sorted(rows.items())]
    print(json.dumps(table))


main()
