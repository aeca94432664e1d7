"""Compares results of laion-fetch and of OpenCV with scaling in double precision; prints JSON.

usage: compare.py FOLDER

The folder holds cases.json: for each case the samples of the source, and the result of laion-fetch as PNG or JPEG.
Double precision weighs all samples of the source by the definition of the interpolation, rounds nothing and is not
encoded. OpenCV gets the same samples, and encodes JPEGs at quality 95.
"""

import json
import sys
from pathlib import Path

import cv2
import numpy

RADIUS = {"linear": 1, "cubic": 2, "lanczos": 4}
FLAGS = {
    "nearest": cv2.INTER_NEAREST,
    "linear": cv2.INTER_LINEAR,
    "cubic": cv2.INTER_CUBIC,
    "area": cv2.INTER_AREA,
    "lanczos": cv2.INTER_LANCZOS4,
}


def kernel(name, x, step):
    x = numpy.abs(x)
    if name == "linear":
        return numpy.maximum(0, 1 - x)
    if name == "lanczos":
        return numpy.where(x < 4, numpy.sinc(x) * numpy.sinc(x / 4), 0)
    a = -0.75 if step < 1 else -0.5
    near = (a + 2) * x**3 - (a + 3) * x**2 + 1
    return numpy.where(x < 1, near, numpy.where(x < 2, a * (x**3 - 5 * x**2 + 8 * x - 4), 0))


def weights(name, source, target):
    """One row for each sample of the result, with a weight for each sample of the source."""
    step = source / target
    if name == "nearest":
        chosen = numpy.minimum(numpy.floor(numpy.arange(target) * step), source - 1).astype(int)
        return numpy.eye(source)[chosen]
    if name == "area":
        edges = numpy.arange(target + 1) * step
        pixels = numpy.arange(source)
        overlap = numpy.minimum(edges[1:, None], pixels + 1) - numpy.maximum(edges[:-1, None], pixels)
        return numpy.maximum(overlap, 0) / step
    wide = max(1, step)
    centres = (numpy.arange(target) + 0.5) * step - 0.5
    beyond = int(numpy.ceil(RADIUS[name] * wide)) + 1
    pixels = numpy.arange(-beyond, source + beyond)
    around = kernel(name, (pixels - centres[:, None]) / wide, step)
    # Beyond its edges, an image goes on with its first and last sample.
    result = around[:, beyond:-beyond]
    result[:, 0] += around[:, :beyond].sum(axis=1)
    result[:, -1] += around[:, -beyond:].sum(axis=1)
    return result / result.sum(axis=1, keepdims=True)


def exact(image, name, width, height, white):
    down, across = weights(name, image.shape[0], height), weights(name, image.shape[1], width)
    scaled = numpy.einsum("yv,vuc,xu->yxc", down, image.astype(float), across, optimize=True)
    return numpy.clip(scaled, 0, white)


def read(body):
    image = cv2.imdecode(numpy.frombuffer(body, numpy.uint8), cv2.IMREAD_UNCHANGED)
    image = image if image.ndim == 3 else image[:, :, None]
    return image[:, :, ::-1]


def opencv(image, name, width, height, encoding):
    scaled = cv2.resize(image, (width, height), interpolation=FLAGS[name])
    scaled = scaled if scaled.ndim == 3 else scaled[:, :, None]
    if encoding == "png":
        return scaled
    return read(cv2.imencode(".jpg", scaled[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])[1])


def decibels(a, b, white):
    return 10 * numpy.log10(white**2 / max(numpy.mean((a.astype(float) - b) ** 2), 1e-9 * white**2))


def luma(image, white):
    return (image.astype(float) @ [0.299, 0.587, 0.114] if image.shape[2] == 3 else image[:, :, 0].astype(float)) * (255 / white)


def ssim(a, b):
    blur = lambda image: cv2.GaussianBlur(image, (11, 11), 1.5)
    mean_a, mean_b = blur(a), blur(b)
    var_a, var_b = blur(a * a) - mean_a**2, blur(b * b) - mean_b**2
    both = blur(a * b) - mean_a * mean_b
    c1, c2 = 6.5025, 58.5225
    return numpy.mean((2 * mean_a * mean_b + c1) * (2 * both + c2) / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2)))


def shift(a, b):
    """Pixels between two images in x or y: the slope of the phase of their cross-correlation, weighed by its strength."""
    window = numpy.outer(*(numpy.hanning(side) for side in a.shape))
    spectra = [numpy.fft.fft2((image - image.mean()) * window) for image in (a, b)]
    cross = spectra[0] * numpy.conj(spectra[1])
    y, x = numpy.meshgrid(*(numpy.fft.fftfreq(side) * 2 * numpy.pi for side in a.shape), indexing="ij")
    weight, phase = numpy.sqrt(numpy.abs(cross)).ravel(), numpy.angle(cross).ravel()
    slopes = numpy.stack([x.ravel(), y.ravel()], axis=1)
    return numpy.abs(numpy.linalg.lstsq(slopes * weight[:, None], phase * weight, rcond=None)[0]).max()


def measure(case):
    source = case["source"]
    kind = numpy.uint16 if source["deep"] else numpy.uint8
    white = 65535 if source["deep"] else 255
    image = numpy.fromfile(source["file"], kind).reshape(source["height"], source["width"], source["channels"])
    ours = read(Path(case["ours"]).read_bytes())
    height, width = ours.shape[:2]
    wanted = exact(image, case["interpolation"], width, height, white)
    results = [ours] + ([opencv(image, case["interpolation"], width, height, case["encoding"])] if source["openCv"] else [])
    figures = [
        value
        for made in results
        for value in (decibels(made, wanted, white), ssim(luma(made, white), luma(wanted, white)))
    ]
    return (*figures, shift(luma(ours, white), luma(wanted, white)))


def main():
    rows = {}
    for case in json.loads((Path(sys.argv[1]) / "cases.json").read_text()):
        rows.setdefault((case["encoding"], case["interpolation"], case["factor"]), []).append(measure(case))
    lines = []
    for (encoding, interpolation, factor), values in rows.items():
        mean = [float(value) for value in numpy.mean(values, axis=0)]
        line = {"encoding": encoding, "interpolation": interpolation, "factor": factor}
        line |= {"ours": mean[:2], "openCv": mean[2:4] if len(mean) == 5 else None}
        lines.append(line | {"shift": float(numpy.max(values, axis=0)[-1])})
    print(json.dumps(lines))


main()
