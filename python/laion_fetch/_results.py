"""What the command prints as JSON, as objects. `document` has all of it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Dict, List, Optional, Type, TypeVar


@dataclass(frozen=True)
class Progress:
    """Where a run stands, once every ten seconds and at its end. Counts are of this start alone."""

    seconds: float
    rows: int
    #: None until the rows are counted; an estimate unless `total_is_exact`.
    total_rows: Optional[int]
    total_is_exact: bool
    success_ratio: Optional[float]
    rows_per_second: float
    images_per_second: float
    bytes_per_second: int
    seconds_left: Optional[int]
    shards_written: int
    document: Dict[str, Any]

    def __str__(self) -> str:
        total = "" if self.total_rows is None else f" of {'' if self.total_is_exact else '~'}{self.total_rows}"
        ratio = "" if self.success_ratio is None else f", {100 * self.success_ratio:.1f} % success"
        left = "" if self.seconds_left is None else f", {self.seconds_left} s left"
        return f"{self.rows}{total} rows{ratio}, {self.images_per_second:.1f} img/s{left}"


@dataclass(frozen=True)
class Summary:
    """The outcome of a dataset. Counts include earlier starts."""

    output: str
    rows: int
    successes: int
    failed_to_download: int
    failed_to_resize: int
    #: From 0 to 1; None without rows.
    success_ratio: Optional[float]
    #: Rows by failure code, the commonest first.
    failure_codes: Dict[str, int]
    #: Rows that `retry` may still turn into images.
    rows_to_retry: int
    shards_written: int
    document: Dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """What a download would do."""

    rows: int
    #: Rows with a URL that may be fetched.
    usable_rows: int
    shards: int
    #: `seconds`, `successes`, `traffic_bytes`, `disk_bytes` and what bounds the speed.
    prediction: Dict[str, Any]
    document: Dict[str, Any]


@dataclass(frozen=True)
class Verification:
    """A dataset without findings."""

    output: str
    shards: int
    rows: int
    successes: int
    #: How many rows of each index were compared.
    indexes: List[Dict[str, Any]]
    document: Dict[str, Any]


T = TypeVar("T", Progress, Summary, Plan, Verification)


def read(kind: Type[T], document: Dict[str, Any]) -> T:
    """The named fields of a JSON document."""
    names = [field.name for field in fields(kind) if field.name != "document"]
    return kind(**{name: document[name] for name in names}, document=document)
