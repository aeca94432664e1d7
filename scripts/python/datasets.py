"""Makes datasets with `download` of a module, img2dataset or laion_fetch: `python datasets.py <module> <web> <folder>`."""

import importlib
import os
import sys

# An empty body is left out: it fails in both, here as a failed download. See test/differential/deviations.ts.
PATHS = [
    *["landscape.jpg", "portrait.jpg", "tiny.jpg", "progressive.jpg", "rgb.png", "gray.png", "lossy.webp", "missing.jpg"],
    *["page.jpg", "noai", "orientation-6.jpg"],
]

# The same arguments for both. The first says nothing but where the URLs are and where the dataset goes.
CASES = {
    "defaults": {"url_list": "urls.txt"},
    "webdataset": {
        "url_list": "index.csv",
        "input_format": "csv",
        "caption_col": "caption",
        "save_additional_columns": ["similarity"],
        "output_format": "webdataset",
        "image_size": 256,
        "resize_mode": "keep_ratio",
        "number_sample_per_shard": 5,
        "processes_count": 2,
        "thread_count": 16,
        "retries": 1,
    },
    "parquet": {
        "url_list": "index.csv",
        "input_format": "csv",
        "caption_col": "caption",
        "output_format": "parquet",
        "image_size": 100,
        "resize_mode": "center_crop",
        "encode_format": "png",
        "encode_quality": 6,
        "compute_hash": "md5",
        "min_image_size": 100,
        "max_aspect_ratio": 3.0,
    },
}


def main(module: str, web: str, folder: str) -> None:
    os.chdir(folder)
    urls = [f"{web}/{path}" for path in PATHS]
    with open("urls.txt", "w") as file:
        file.writelines(f"{url}\n" for url in urls)
    with open("index.csv", "w") as file:
        file.write("url,caption,similarity\n")
        file.writelines(f"{url},a caption of {number},s{number}\n" for number, url in enumerate(urls))
    for name, arguments in CASES.items():
        importlib.import_module(module).download(**arguments, output_folder=name)


if __name__ == "__main__":
    main(*sys.argv[1:])
