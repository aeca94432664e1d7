"""The driver of a download on a cluster, with a cluster that only pretends; `npm run spark-check` has a real one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Callable, Dict, List, Optional

import pytest

import laion_fetch
from laion_fetch import _cluster, _distribute, distribute
from laion_fetch._cluster import ClusterOptions
from laion_fetch._part import Outcome, Part, run_part

Answer = Callable[[int, int], Outcome]


class FakeCluster:
    """Answers each attempt of each part; `answer` gets the part and how often it was tried before."""

    slots = 2
    cpus: Optional[int] = 3

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.parts: List[Part] = []
        self.running = self.most = 0
        self._lock = threading.Lock()

    def run(self, part: Part) -> Outcome:
        with self._lock:
            tries = sum(1 for earlier in self.parts if earlier.index == part.index)
            self.parts.append(part)
            self.running += 1
            self.most = max(self.most, self.running)
        try:
            return self.answer(part.index, tries)
        finally:
            with self._lock:
                self.running -= 1

    def cancel(self) -> None:
        pass

    def close(self) -> None:
        pass


def done(index: int, _tries: int) -> Outcome:
    return Outcome(index, 0, "machine", rows=10, successes=9)


def drive(answer: Answer, parts: int = 6) -> Any:
    cluster = FakeCluster(answer)
    seen: List[str] = []
    pauses: List[float] = []
    try:
        _distribute.run_parts(cluster, ["a.parquet"], parts, 2, lambda state: seen.append(str(state)), pauses.append)
        error = None
    except laion_fetch.LaionFetchError as caught:
        error = caught
    return SimpleNamespace(cluster=cluster, seen=seen, pauses=pauses, error=error)


def test_every_part_runs_once_and_no_more_at_the_same_time_than_there_are_slots() -> None:
    ran = drive(done)
    assert sorted(part.index for part in ran.cluster.parts) == list(range(6))
    assert ran.cluster.most <= 2
    assert ran.seen[-1] == "6 of 6 parts done, 0 running, 60 rows, 90.0 % success"
    first = next(part for part in ran.cluster.parts if part.index == 0)
    assert first.words[:3] == ["a.parquet", "--part=0/6", "--parts-at-once=2"]
    assert "--decoders=3" in first.words
    assert "LAION_FETCH_BIN" not in first.env and first.env["LAION_FETCH_ALLOW_PRIVATE"] == "127.0.0.0/8"


@pytest.mark.parametrize("code", [2, 3, 4, 127])
def test_a_mistake_ends_the_run_and_is_not_tried_again(code: int) -> None:
    ran = drive(lambda index, tries: Outcome(index, code, "m7", "what to do") if index == 1 else done(index, tries))
    assert ran.error.exit_code == code
    assert str(ran.error) == "part 1 on m7: what to do"
    assert sum(1 for part in ran.cluster.parts if part.index == 1) == 1


def test_a_mistake_ends_the_parts_that_still_run() -> None:
    begun, cancelled = threading.Event(), threading.Event()

    def answer(index: int, _tries: int) -> Outcome:
        if index == 0:
            begun.wait()
            return Outcome(index, 2, "m7", "what to do")
        begun.set()
        # Ends only when it is cancelled.
        cancelled.wait()
        raise RuntimeError("cancelled")

    cluster = FakeCluster(answer)
    cluster.cancel = cancelled.set  # type: ignore[method-assign]
    with pytest.raises(laion_fetch.UsageError, match="what to do"):
        _distribute.run_parts(cluster, ["a.parquet"], 6, 2, lambda _state: None)
    assert [part.index for part in cluster.parts] == [0, 1]


def test_lost_machines_and_their_failures_are_tried_again() -> None:
    def answer(index: int, tries: int) -> Outcome:
        if index == 1 and tries < 3:
            raise RuntimeError("executor lost")
        if index == 2 and tries < 1:
            return Outcome(index, 6, "m7", "no network")
        return done(index, tries)

    ran = drive(answer)
    assert ran.error is None
    assert ran.seen[-1].endswith("60 rows, 90.0 % success, 4 begun again")
    assert sorted(ran.pauses) == [1, 1, 2, 4]


@pytest.mark.parametrize(("answer", "tries", "said"), [("loss", 20, "executor lost"), ("failure", 5, "no network")])
def test_tries_come_to_an_end(answer: str, tries: int, said: str) -> None:
    def always(index: int, _tries: int) -> Outcome:
        if answer == "loss":
            raise RuntimeError("executor lost\nwith a long trace")
        return Outcome(index, 6, "m7", "no network")

    ran = drive(always, parts=1)
    assert len(ran.cluster.parts) == tries
    assert said in str(ran.error) and "\n" not in str(ran.error)


def test_a_machine_without_the_package_is_not_tried_again() -> None:
    def answer(_index: int, _tries: int) -> Outcome:
        raise RuntimeError("Traceback\n  File x\nModuleNotFoundError: No module named 'laion_fetch'")

    ran = drive(answer, parts=1)
    assert len(ran.cluster.parts) == 1
    remedy = f"run pip install laion-fetch=={laion_fetch.__version__} on every machine"
    assert str(ran.error) == f"part 0: ModuleNotFoundError: No module named 'laion_fetch'; {remedy}"


@pytest.mark.parametrize(
    ("shards", "slots", "size", "parts"),
    [(40_000, 10, 100, 400), (40, 10, 100, 10), (3, 10, 100, 3), (0, 10, 100, 1), (None, 10, 100, 10), (1000, 4, 1000, 4)],
)
def test_parts_are_small_and_every_slot_has_work(shards: Optional[int], slots: int, size: int, parts: int) -> None:
    assert _distribute.count_parts(shards, slots, size) == parts


def test_a_part_is_run_by_the_command(index: Path) -> None:
    part = Part(1, [str(index), "--output=out", "--part=1/2", "--number-sample-per-shard=4", "--json"], {}, str(index.parent))
    assert run_part(part) == Outcome(1, 0, run_part(part).host, rows=4, successes=2)
    assert Path("out/00001.tar").exists() and not Path("out/00000.tar").exists()
    wrong = run_part(Part(0, ["none.csv", "--output=out", "--json"], {}, "/nowhere"))
    assert (wrong.exit_code, "none.csv" in wrong.message) == (3, True)


def test_a_part_ends_with_its_worker_and_with_what_started_the_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = tmp_path / "command"
    command.write_text("#!/bin/sh\nshift $(($# - 1))\necho \"$1\" >&2\nexit 1\n")
    command.chmod(0o755)
    monkeypatch.setenv("LAION_FETCH_BIN", str(command))
    said = run_part(Part(0, ["a.parquet"], {}, str(tmp_path))).message
    # A worker of Ray goes on with its task when the raylet above it is gone.
    assert said == f"--end-with={os.getpid()},{os.getppid()}"


class FakeContext:
    """Runs jobs of Spark at once, in this process."""

    defaultParallelism = 4

    def __init__(self) -> None:
        self.conf = {"spark.task.cpus": "2"}
        self.jobs: List[int] = []

    def getConf(self) -> Dict[str, str]:
        return self.conf

    def setJobGroup(self, *_arguments: object, **_options: object) -> None:
        pass

    def parallelize(self, parts: List[Part], slices: int) -> Any:
        assert slices == 1
        self.jobs.extend(part.index for part in parts)
        mapped = lambda function: SimpleNamespace(collect=lambda: list(function(iter(parts))))
        return SimpleNamespace(mapPartitions=mapped)


@pytest.fixture
def context(monkeypatch: pytest.MonkeyPatch) -> FakeContext:
    """The context of the active session."""
    context = FakeContext()
    sql = ModuleType("pyspark.sql")
    session = SimpleNamespace(sparkContext=context)
    sql.SparkSession = SimpleNamespace(getActiveSession=lambda: session)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pyspark.sql", sql)
    return context


def test_python_uses_the_active_spark_session(index: Path, context: FakeContext, capsys: Any) -> None:
    summary = laion_fetch.download(
        str(index), output_folder="out", input_format="csv", number_sample_per_shard=4, distributor="pyspark"
    )
    assert (summary.rows, summary.successes) == (8, 6)
    assert sorted(context.jobs) == [0, 1]
    assert "2 of 2 parts done" in capsys.readouterr().err
    # The rows were fetched by the parts; the last run only judged.
    assert summary.document["shards_written"] == 0


def test_a_distributed_run_extends_and_replaces_a_dataset(web: str, context: FakeContext) -> None:
    def download(url: str, **options: Any) -> List[str]:
        Path("index.txt").write_text(f"{web}/{url}\n")
        laion_fetch.download("index.txt", output_folder="out", number_sample_per_shard=1, quiet=True, **options)
        return sorted(path.name for path in Path("out").glob("*/*.jpg"))

    assert download("tiny.jpg") == ["00000.jpg"]
    assert download("rgb.png", distributor="pyspark", incremental_mode="extend") == ["00000.jpg", "00001.jpg"]
    Path("run.json").write_text('{"incremental_mode": "overwrite"}')
    assert download("rgb.png", distributor="pyspark", config="run.json") == ["00000.jpg"]
    assert context.jobs == [0, 0]


def test_ray_gives_a_part_the_cpus_of_the_smallest_node(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: Dict[str, Any] = {}
    nodes = [{"Alive": True, "Resources": {"CPU": 8.0}}, {"Alive": True, "Resources": {"CPU": 4.0}}, {"Alive": False, "Resources": {}}]
    ray = ModuleType("ray")
    vars(ray).update(
        is_initialized=lambda: True,
        nodes=lambda: nodes,
        remote=lambda **options: asked.update(options) or (lambda f: SimpleNamespace(remote=f)),
        get=lambda outcome: outcome,
    )
    monkeypatch.setitem(sys.modules, "ray", ray)
    monkeypatch.setattr(_cluster, "run_part", lambda part: done(part.index, 0))
    cluster = _cluster.RayCluster(ClusterOptions("ray"))
    assert (cluster.cpus, cluster.slots, asked["num_cpus"]) == (4, 3, 4)
    assert cluster.run(Part(5, [], {}, "")).index == 5
    assert _cluster.RayCluster(ClusterOptions("ray", decoders=2)).slots == 6


@pytest.mark.parametrize("name", ["pyspark", "ray"])
def test_a_missing_package_is_a_usage_error(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.sql" if name == "pyspark" else name, None)
    with pytest.raises(laion_fetch.UsageError, match=rf"pip install 'laion-fetch\[{name}\]'"):
        _cluster.connect(ClusterOptions(name))


def test_the_driver_prints_one_line_about_a_mistake_of_the_index(tmp_path: Path) -> None:
    job = {"distributor": "ray", "words": ["none.csv", "--output=out"], "master": None, "address": None}
    own = {"shards_of_part": 100, "at_once": None, "decoders": None, "progress": "lines", "json": True, "incremental_mode": "incremental"}
    command = [sys.executable, "-m", distribute.__name__, json.dumps({**job, **own})]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert (ran.returncode, ran.stderr.count("\n")) == (3, 1)
    assert "none.csv" in ran.stderr and json.loads(ran.stdout)["error"]["exit_code"] == 3
