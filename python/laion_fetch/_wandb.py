"""A run of Weights & Biases beside a download, by wandb's own library."""

from __future__ import annotations

import importlib
import os
from typing import Any, Dict, Mapping

from ._errors import UsageError
from ._results import Progress, Summary


class WandbRun:
    """Logs a download under img2dataset's names. With `WANDB_MODE=offline` it is a folder that `wandb sync` takes."""

    def __init__(self, project: str, arguments: Mapping[str, Any]) -> None:
        try:
            self._wandb: Any = importlib.import_module("wandb")
        except ImportError as error:
            message = "enable_wandb: expected the package wandb, found none; pip install 'laion-fetch[wandb]'"
            raise UsageError(message, 2, None) from error
        config = {name: os.fspath(value) if isinstance(value, os.PathLike) else value for name, value in arguments.items()}
        self._run: Any = self._wandb.init(project=project, config=config)

    def __enter__(self) -> WandbRun:
        return self

    def __exit__(self, kind: object, *_error: object) -> None:
        self._run.finish(exit_code=0 if kind is None else 1)

    def log(self, progress: Progress) -> None:
        figures: Dict[str, Any] = {"img_per_sec": progress.images_per_second, "count": progress.rows}
        if progress.success_ratio is not None:
            figures["success"] = progress.success_ratio
        self._log(figures)

    def conclude(self, summary: Summary) -> None:
        rows = max(summary.rows, 1)
        counts = {"success": summary.successes, **summary.failure_codes}
        table = [[status, count / rows, count] for status, count in counts.items()]
        self._log(
            {
                "img_per_sec": summary.document["images_per_second"],
                "count": summary.rows,
                "success": summary.successes / rows,
                "failed_to_download": summary.failed_to_download / rows,
                "failed_to_resize": summary.failed_to_resize / rows,
            }
        )
        self._run.log({"status": self._wandb.Table(["status", "frequency", "count"], table)})

    def _log(self, figures: Mapping[str, Any]) -> None:
        self._run.log({f"total/{name}": value for name, value in figures.items()})
