"""What the driver of a distributed download needs of a cluster, and which clusters there are."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any, List, Optional, Protocol

from ._errors import UsageError
from ._part import Outcome, Part, run_part


class Cluster(Protocol):
    """Runs parts on other machines."""

    #: How many parts the machines can run at the same time.
    slots: int
    #: CPUs for each part; None for all that its machine has.
    cpus: Optional[int]

    def run(self, part: Part) -> Outcome:
        """Waits for the end of the part. Called from several threads. Raises when its machine is lost."""
        ...

    def cancel(self) -> None:
        """Ends all parts at once."""
        ...

    def close(self) -> None:
        """Gives back what was started for this run. What the program already used stays."""
        ...


@dataclass(frozen=True)
class ClusterOptions:
    """Where the cluster is. None: the one that this program already uses, else this machine."""

    distributor: str
    master: Optional[str] = None
    address: Optional[str] = None
    #: At most so many CPUs for a part.
    decoders: Optional[int] = None


def connect(options: ClusterOptions) -> Cluster:
    try:
        return SparkCluster(options) if options.distributor == "pyspark" else RayCluster(options)
    except ImportError as error:
        name = options.distributor
        message = f"distributor={name}: expected the package {name}, found none; pip install 'laion-fetch[{name}]'"
        raise UsageError(message, 2) from error


class SparkCluster:
    """The active Spark session, or a new one at `master`. A part is a job with one task."""

    GROUP = "laion-fetch"

    def __init__(self, options: ClusterOptions) -> None:
        sql = importlib.import_module("pyspark.sql")
        active: Any = sql.SparkSession.getActiveSession()
        # img2dataset's master has a slot for each process; here, one process decodes with all of them.
        master = options.master or "local[1]"
        self._session: Any = active or sql.SparkSession.builder.appName("laion-fetch").master(master).getOrCreate()
        self._is_own = active is None
        self._context: Any = self._session.sparkContext
        cpus = int(self._context.getConf().get("spark.task.cpus", "1"))
        self.slots = max(1, int(self._context.defaultParallelism) // cpus)
        is_whole_machine = active is None and options.master is None
        self.cpus: Optional[int] = options.decoders if is_whole_machine else min(cpus, options.decoders or cpus)

    def run(self, part: Part) -> Outcome:
        self._context.setJobGroup(self.GROUP, f"laion-fetch part {part.index}", interruptOnCancel=True)
        outcomes: List[Outcome] = self._context.parallelize([part], 1).mapPartitions(_run_all).collect()
        return outcomes[0]

    def cancel(self) -> None:
        self._context.cancelJobGroup(self.GROUP)

    def close(self) -> None:
        if self._is_own:
            self._session.stop()


def _run_all(parts: Any) -> List[Outcome]:
    return [run_part(part) for part in parts]


class RayCluster:
    """The Ray cluster that this program is connected to, or the one at `address`. A part is a task that has a node for itself."""

    def __init__(self, options: ClusterOptions) -> None:
        self._ray: Any = importlib.import_module("ray")
        self._is_own = not self._ray.is_initialized()
        if self._is_own:
            self._ray.init(address=options.address, log_to_driver=False)
        nodes = [int(node["Resources"].get("CPU", 0)) for node in self._ray.nodes() if node["Alive"]]
        smallest = min((node for node in nodes if node > 0), default=1)
        cpus = min(smallest, options.decoders or smallest)
        self.cpus: Optional[int] = cpus
        self.slots = max(1, sum(node // cpus for node in nodes))
        # The driver tries again itself, and counts.
        self._task: Any = self._ray.remote(num_cpus=cpus, max_retries=0)(run_part)
        self._running: List[Any] = []

    def run(self, part: Part) -> Outcome:
        task = self._task.remote(part)
        self._running.append(task)
        try:
            outcome: Outcome = self._ray.get(task)
            return outcome
        finally:
            self._running.remove(task)

    def cancel(self) -> None:
        for task in list(self._running):
            self._ray.cancel(task, force=True)

    def close(self) -> None:
        if self._is_own:
            self._ray.shutdown()
