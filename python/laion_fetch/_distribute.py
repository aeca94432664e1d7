"""The driver of a download on a cluster: divides it into parts, tries lost ones again, stops at a mistake.

Which attempt becomes a shard is decided in the output, so parts may run twice. See docs/many-machines.md.
"""

from __future__ import annotations

import json
import math
import os
import threading
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Optional

from ._cluster import Cluster, ClusterOptions, connect
from ._errors import BY_EXIT_CODE, InterruptedRunError, LaionFetchError, ProgramError
from ._part import Outcome, Part
from ._run import run
from ._version import __version__

#: No second try mends these: usage, index, output, no command on the machine.
MISTAKES = (2, 3, 4, 127)
#: A part whose machine is lost is tried so many times in all.
MAX_LOSSES = 20
#: A part that ends with another exit code is tried so many times in all.
MAX_FAILURES = 5
#: Seconds before a further attempt; doubled each time.
PAUSE, MAX_PAUSE = 1.0, 30.0
PROGRESS_SECONDS = 10.0
#: What a run does once it is begun; the last of two counts.
RESUME = "--incremental-mode=incremental"
#: The default of --subjob-size.
SHARDS_OF_PART = 100

#: Options of the index, which `inspect` has as well.
INDEX_OPTIONS = {
    *("input-format", "header", "delimiter", "encoding", "records", "url-col", "caption-col", "number-sample-per-shard"),
    *("url-list", "preset", "config"),
}
#: Variables of the driver's machine alone.
OWN_VARIABLES = {"LAION_FETCH_BIN", "LAION_FETCH_PYTHON", "LAION_FETCH_END_WITH", "LAION_FETCH_DECODERS"}


@dataclass
class PartsProgress:
    """Where a distributed download stands. Rows are those of finished parts."""

    parts: int
    at_once: int
    done: int = 0
    running: int = 0
    rows: int = 0
    successes: int = 0
    #: Attempts that were lost or failed, and begun again.
    repeated: int = 0
    started: float = field(default_factory=time.monotonic)

    def __str__(self) -> str:
        ratio = f", {100 * self.successes / self.rows:.1f} % success" if self.rows else ""
        again = f", {self.repeated} begun again" if self.repeated else ""
        return f"{self.done} of {self.parts} parts done, {self.running} running, {self.rows} rows{ratio}{again}"

    def as_json(self) -> str:
        seconds = round(time.monotonic() - self.started, 1)
        figures = {"parts": self.parts, "parts_done": self.done, "parts_running": self.running, "rows": self.rows}
        return json.dumps({"type": "progress", "seconds": seconds, **figures, "successes": self.successes})


@dataclass(frozen=True)
class Distribution:
    """What the arguments of `download` say about a cluster."""

    options: ClusterOptions
    shards_of_part: int
    at_once: Optional[int]
    #: None: what a file of options says.
    incremental_mode: Optional[str]


def take_cluster(said: Dict[str, Any], options: Dict[str, Any]) -> Optional[Distribution]:
    """Takes what concerns the cluster out of the arguments of `download`; None for this machine alone.

    Any other value of `distributor` stays, for the command to refuse.
    """
    if said.get("distributor") not in ("pyspark", "ray"):
        return None
    master, address, at_once = (options.pop(name, None) for name in ("master", "address", "parts_at_once"))
    cluster = ClusterOptions(said.pop("distributor"), master, address, said.get("processes_count", options.get("decoders")))
    from_file = "config" in options or "LAION_FETCH_CONFIG" in os.environ
    mode = said.pop("incremental_mode", os.environ.get("LAION_FETCH_INCREMENTAL_MODE", None if from_file else "incremental"))
    return Distribution(cluster, said.pop("subjob_size", SHARDS_OF_PART), at_once, mode)


def count_parts(shards: Optional[int], at_once: int, shards_of_part: int) -> int:
    """Parts of at most `shards_of_part` shards, and work for every slot. `shards`: None if only the rows tell.

    Every part then reads the whole index, so there are no more of them than slots.
    """
    if shards is None:
        return at_once
    return max(1, min(shards, max(at_once, math.ceil(shards / shards_of_part))))


def count_shards(words: List[str]) -> Optional[int]:
    """Shards of the index; None if its files do not say. Raises the exception of an index that cannot be read."""
    files = run(["inspect", *_index_words(words), "--json"])["files"]
    counts = [file.get("shards") for file in files]
    return None if None in counts else sum(counts)


def _index_words(words: List[str]) -> List[str]:
    """The words of a download, each `--name=value`, that say which index it reads, and how."""
    names = [word[2:].partition("=")[0].replace("_", "-") if word.startswith("--") else "url-list" for word in words]
    return [word for word, name in zip(words, names) if name in INDEX_OPTIONS]


def distribute(distribution: Distribution, words: List[str], on_progress: Callable[[PartsProgress], None]) -> None:
    """Does all parts of the download with these words on the cluster."""
    shards = count_shards(words)
    cluster = connect(distribution.options)
    try:
        slots = min(distribution.at_once or cluster.slots, cluster.slots)
        parts = count_parts(shards, slots, distribution.shards_of_part)
        # Only now: a run that is refused must find everything as it was.
        if distribution.incremental_mode != "incremental":
            mode = [] if distribution.incremental_mode is None else [f"--incremental-mode={distribution.incremental_mode}"]
            run([*words, *mode, "--begin-only", "--json"])
        run_parts(cluster, [*words, RESUME], parts, min(slots, parts), on_progress)
    finally:
        cluster.close()


def run_parts(
    cluster: Cluster,
    words: List[str],
    parts: int,
    at_once: int,
    on_progress: Callable[[PartsProgress], None],
    pause: Optional[Callable[[float], object]] = None,
) -> None:
    """Runs every part to its end, at most `at_once` at the same time. Raises the exception of a mistake."""
    progress = PartsProgress(parts, at_once)
    is_over = threading.Event()
    reasons: List[LaionFetchError] = []
    env = {k: v for k, v in os.environ.items() if k.startswith("LAION_FETCH_") and k not in OWN_VARIABLES}

    def attempt(index: int) -> Outcome:
        progress.running += 1
        try:
            return _until_done(cluster, _part(words, index, parts, at_once, cluster.cpus, env), progress, is_over, pause or is_over.wait)
        except LaionFetchError as error:
            # No other part begins, and those that end for this reason are none.
            if not is_over.is_set():
                reasons.append(error)
            is_over.set()
            raise
        finally:
            progress.running -= 1

    with ThreadPoolExecutor(at_once, "laion-fetch-part") as pool:
        left = {pool.submit(attempt, index) for index in range(parts)}
        try:
            while left:
                ended, left = wait(left, timeout=PROGRESS_SECONDS, return_when=FIRST_COMPLETED)
                for outcome in (future.result() for future in ended):
                    progress.done += 1
                    progress.rows += outcome.rows
                    progress.successes += outcome.successes
                on_progress(progress)
        except BaseException as error:
            is_over.set()
            left = {future for future in left if not future.cancel()}
            # A part may just have been about to begin.
            while left:
                cluster.cancel()
                left = wait(left, timeout=1).not_done
            raise reasons[0] if isinstance(error, LaionFetchError) else error


def _part(words: List[str], index: int, parts: int, at_once: int, cpus: Optional[int], env: Dict[str, str]) -> Part:
    # Whether there are enough images is a question to the whole dataset.
    own = [f"--part={index}/{parts}", f"--parts-at-once={at_once}", "--fail-under=0", "--json", "--progress=none"]
    decoders = [] if cpus is None else [f"--decoders={cpus}"]
    return Part(index, [*words, *own, *decoders], env, os.getcwd())


def _until_done(
    cluster: Cluster,
    part: Part,
    progress: PartsProgress,
    is_over: threading.Event,
    pause: Callable[[float], object],
) -> Outcome:
    losses = failures = 0
    while not is_over.is_set():
        try:
            outcome = cluster.run(part)
        except Exception as error:
            losses += 1
            reason = f"part {part.index}: {_first_line(error)}"
            # The package is missing on a machine, or is another version.
            if is_over.is_set() or losses >= MAX_LOSSES or isinstance(error, ImportError) or "No module named" in str(error):
                raise ProgramError(reason, 1) from error
        else:
            if outcome.exit_code == 0:
                return outcome
            failures += 1
            if is_over.is_set() or outcome.exit_code in MISTAKES or failures >= MAX_FAILURES:
                raise _error(outcome)
        progress.repeated += 1
        pause(min(MAX_PAUSE, PAUSE * 2 ** (losses + failures - 1)))
    raise InterruptedRunError(f"part {part.index}: interrupted", 143)


def _error(outcome: Outcome) -> LaionFetchError:
    kind = BY_EXIT_CODE.get(outcome.exit_code, LaionFetchError)
    said = outcome.message or f"laion-fetch ended with exit code {outcome.exit_code} and without a message"
    return kind(f"part {outcome.index} on {outcome.host}: {said}", outcome.exit_code)


def _first_line(error: Exception) -> str:
    """The line of a long trace that says what happened."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    named = [line for line in lines if "No module named" in line]
    remedy = f"; run pip install laion-fetch=={__version__} on every machine" if any("laion_fetch" in line for line in named) else ""
    return (named or lines or [type(error).__name__])[0] + remedy
