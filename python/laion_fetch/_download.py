"""img2dataset's function."""

from __future__ import annotations

import functools
import inspect
import math
import sys
from contextlib import nullcontext
from typing import Any, Callable, List, Optional, TypeVar, Union, cast

from ._api import Path, Paths, Value, download_words, start
from ._distribute import PartsProgress, distribute, take_cluster
from ._results import Summary
from ._wandb import WandbRun


Function = TypeVar("Function", bound=Callable[..., Summary])


def _runs_command(described: Function) -> Function:
    """A function with this signature that passes on only what its caller says, as a command line does.

    What is left out is decided by the command, and by another `preset` if one is given.
    """
    signature = inspect.signature(described)

    @functools.wraps(described)
    def call(*args: Any, **kwargs: Any) -> Summary:
        said = signature.bind(*args, **kwargs).arguments
        options = said.pop("options", {})
        enable_wandb = said.pop("enable_wandb", False)
        project = said.pop("wandb_project", signature.parameters["wandb_project"].default)
        arguments = dict(said)
        cluster = take_cluster(said, options)
        # Only the arguments of img2dataset: options may have passwords.
        with WandbRun(project, arguments) if enable_wandb else nullcontext() as wandb_run:
            if cluster is not None:
                words = download_words(said["url_list"], {**{k: v for k, v in said.items() if k != "url_list"}, **options})
                show = (lambda _parts: None) if options.get("quiet") else _print_parts
                distribute(cluster, words, show)
                said["incremental_mode"] = "incremental"
            # After a cluster, it finds nothing to do, and judges the whole dataset.
            with start(**said, **options) as run:
                for progress in run:
                    if not options.get("quiet"):
                        print(progress, file=sys.stderr, flush=True)
                    if wandb_run is not None:
                        wandb_run.log(progress)
                summary = run.result()
            if wandb_run is not None:
                wandb_run.conclude(summary)
            return summary

    return cast(Function, call)


def _print_parts(progress: PartsProgress) -> None:
    print(progress, file=sys.stderr, flush=True)


@_runs_command
def download(
    url_list: Paths,
    image_size: Union[int, List[int]] = 256,
    output_folder: Path = "images",
    processes_count: int = 1,
    resize_mode: str = "border",
    resize_only_if_bigger: bool = False,
    upscale_interpolation: str = "lanczos",
    downscale_interpolation: str = "area",
    encode_quality: int = 95,
    encode_format: str = "jpg",
    skip_reencode: bool = False,
    output_format: str = "files",
    input_format: str = "txt",
    url_col: str = "url",
    caption_col: Optional[str] = None,
    bbox_col: Optional[str] = None,
    thread_count: int = 256,
    number_sample_per_shard: int = 10000,
    extract_exif: bool = True,
    save_additional_columns: Optional[List[str]] = None,
    timeout: int = 10,
    enable_wandb: bool = False,
    wandb_project: str = "img2dataset",
    oom_shard_count: int = 5,
    compute_hash: Optional[str] = "sha256",
    verify_hash: Optional[List[str]] = None,
    distributor: str = "multiprocessing",
    subjob_size: int = 1000,
    retries: int = 0,
    disable_all_reencoding: bool = False,
    min_image_size: int = 0,
    max_image_area: float = math.inf,
    max_aspect_ratio: float = math.inf,
    incremental_mode: str = "incremental",
    max_shard_retry: int = 1,
    user_agent_token: Optional[str] = None,
    disallowed_header_directives: Optional[List[str]] = None,
    **options: Value,
) -> Summary:
    """Downloads the images of an index into a dataset and returns its summary; the same call resumes.

    The arguments are those of img2dataset 1.47.0, with its defaults and meaning. `options` are any others of the
    command, with underscores, such as `where="similarity > 0.3"`, `per_host=8` or `fail_under=0.6`. `preset="none"` takes
    laion-fetch's defaults for all that are left out.

    `distributor="pyspark"` runs parts of the download on the cluster of the active Spark session, or of the one at
    `master`; `"ray"` on the cluster that Ray is connected to, or the one at `address`. See docs/many-machines.md.

    `enable_wandb` logs to Weights & Biases, which needs the package wandb (`laion-fetch[wandb]`); `WANDB_MODE=offline`
    writes a folder for `wandb sync`.

    Prints a line of progress every ten seconds on standard error, unless `quiet=True`. Warnings go to the logger
    `laion_fetch`. Raises a LaionFetchError unless the exit code of the command is 0. An interrupt lets the command
    finish what is in flight, for at most ten seconds, and is then raised.
    """
    raise NotImplementedError("see _runs_command")
