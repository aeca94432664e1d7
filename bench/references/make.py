"""Makes the results of img2dataset's own tests of blurring and resizing, by the installed img2dataset.

usage: make.py TESTS FOLDER

TESTS is the folder `tests` of img2dataset's repository. FOLDER gets the results, and cases.json with their settings.
"""

import io
import json
import os
import sys
from pathlib import Path

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"

import numpy  # noqa: E402
import pyarrow.parquet  # noqa: E402
from img2dataset.blurrer import BoundingBoxBlurrer  # noqa: E402
from img2dataset.resizer import Resizer  # noqa: E402

MODES = ["no", "border", "keep_ratio", "keep_ratio_largest", "center_crop"]
FORMATS = [("jpg", 95), ("webp", 95), ("png", 9)]


def plan(tests):
    """The settings of each case; `pixels` says whether img2dataset's test compares pixels, and not sizes alone."""
    blurring = tests / "blur_test_files"
    source = str(blurring / "original.png")
    boxes = pyarrow.parquet.read_table(blurring / "test_bbox.parquet")["bboxes"][0].as_py()
    own = numpy.load(blurring / "bbox.npy").tolist()
    yield case("test_blurrer", source, 600, "no", False, "png", 9, own)
    for only in (False, True):
        for mode in MODES:
            # The test writes JPEG; PNG shows the result before its loss.
            for kind, quality in (FORMATS[0], FORMATS[2]):
                yield case("test_blur_and_resize", source, 600, mode, only, kind, quality, boxes)
    for image in sorted((tests / "resize_test_image").iterdir()):
        for size in (256, 512):
            for mode in MODES:
                for only in (False, True):
                    for kind, quality in FORMATS:
                        yield case("test_resizer", str(image), size, mode, only, kind, quality, None)


def case(test, source, size, mode, only, kind, quality, boxes):
    settings = {"imageSize": size, "resizeMode": mode, "resizeOnlyIfBigger": only}
    settings |= {"encodeFormat": kind, "encodeQuality": quality}
    return {"test": test, "source": source, "boxes": boxes, "settings": settings}


def make(each):
    settings = each["settings"]
    blurrer = BoundingBoxBlurrer() if each["boxes"] else None
    resizer = Resizer(
        settings["imageSize"],
        settings["resizeMode"],
        settings["resizeOnlyIfBigger"],
        encode_quality=settings["encodeQuality"],
        encode_format=settings["encodeFormat"],
        blurrer=blurrer,
    )
    body, _, _, _, _, error = resizer(io.BytesIO(Path(each["source"]).read_bytes()), each["boxes"])
    if error is not None:
        raise RuntimeError(f"img2dataset could not process {each['source']}: {error}")
    return body


def main(tests, folder):
    cases = []
    for number, each in enumerate(plan(Path(tests).resolve())):
        theirs = Path(folder) / f"{number}.{each['settings']['encodeFormat']}"
        theirs.write_bytes(make(each))
        cases.append(each | {"theirs": str(theirs)})
    (Path(folder) / "cases.json").write_text(json.dumps(cases))


main(*sys.argv[1:])
