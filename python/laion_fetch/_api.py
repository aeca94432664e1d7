"""The commands as functions."""

from __future__ import annotations

import json
import math
import os
from typing import Iterator, List, Mapping, Optional, Sequence, Union

from ._errors import UsageError
from ._results import Plan, Progress, Summary, Verification, read
from ._run import Command, run

Path = Union[str, "os.PathLike[str]"]
Paths = Union[Path, Sequence[Path]]
#: The value of an option. A list is a list of names, addresses or numbers; None is img2dataset's None.
Value = Union[str, int, float, bool, None, "os.PathLike[str]", Sequence[str], Sequence[int]]


class Download:
    """A download under way: iterate over its `Progress`, then take its `result`.

    In a `with` statement, it is interrupted if the block is left before its end.
    """

    def __init__(self, command: Command) -> None:
        self._command = command

    def __iter__(self) -> Iterator[Progress]:
        return (read(Progress, document) for document in self._command.progress())

    def stop(self) -> None:
        """Ends the run as Ctrl-C does: no new request, at most ten seconds for those in flight. A second call ends it at once.

        `result` then raises InterruptedRunError. The same call resumes.
        """
        self._command.interrupt()

    def result(self) -> Summary:
        """Waits for the end. Raises a LaionFetchError unless the exit code is 0."""
        return read(Summary, self._command.result())

    def __enter__(self) -> Download:
        return self

    def __exit__(self, *error: object) -> None:
        self._command.__exit__(*error)


def start(url_list: Paths, **options: Value) -> Download:
    """Starts a download on this machine and returns at once. The arguments are those of `download`."""
    if options.get("distributor") in ("pyspark", "ray"):
        raise UsageError("start runs on this machine alone; use download, or leave out distributor", 2)
    return Download(Command(["download", *download_words(url_list, options), "--json", "--progress=json"]))


def plan(url_list: Paths, **options: Value) -> Plan:
    """What `download` with the same arguments would do and take. Fetches nothing."""
    return read(Plan, run(["download", *download_words(url_list, options), "--json", "--dry-run"]))


def verify(
    output_folder: Path,
    deep: bool = False,
    repair: bool = False,
    index: Optional[Paths] = None,
    **options: Value,
) -> Verification:
    """Checks that a dataset is complete and consistent. Raises IncompleteError if it is not; its `document` has all findings.

    `deep` decodes every image. `repair` removes broken shards, so that the same download makes them again. `index` names
    the files of the index where they are no longer those of the download.
    """
    own = [*(["--deep"] if deep else []), *(["--repair"] if repair else [])]
    files = [] if index is None else ["--index", *_paths(index)]
    return read(
        Verification, run(["verify", *own, *files, *_flags(options), "--json", "--", os.fspath(output_folder)])
    )


def download_words(url_list: Paths, options: Mapping[str, Value]) -> List[str]:
    """The command line: img2dataset's, with its defaults unless a preset is named, as the function is img2dataset's."""
    index = [f"--url_list={path}" for path in _paths(url_list)]
    return [*index, *_flags({"preset": "img2dataset", **options})]


def _flags(options: Mapping[str, Value]) -> List[str]:
    return [f"--{name}={_text(value)}" for name, value in options.items()]


def _text(value: Value) -> str:
    """The value as a command line says it."""
    if value is None or value == math.inf:
        return "None"
    if isinstance(value, (str, os.PathLike)):
        return os.fspath(value)
    return json.dumps(value if isinstance(value, (int, float)) else list(value), ensure_ascii=False)


def _paths(paths: Paths) -> List[str]:
    return [os.fspath(path) for path in ([paths] if isinstance(paths, (str, os.PathLike)) else paths)]
