"""`download` is img2dataset's function; `start`, `plan` and `verify` beside it."""

from __future__ import annotations

import inspect
import json
import logging
import re
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional

import pytest
from conftest import CLI, IMAGES, ROOT

import laion_fetch
from laion_fetch import IncompleteError, InterruptedRunError, UsageError, download, plan, start, verify

ARGUMENTS: Dict[str, Any] = dict(
    input_format="csv",
    url_col="url",
    caption_col="caption",
    output_format="webdataset",
    image_size=128,
    resize_mode="keep_ratio",
    processes_count=1,
    thread_count=8,
    retries=0,
)

# Of img2dataset 1.47.0: names and defaults, in order.
IMG2DATASET = """url_list= image_size=256 output_folder='images' processes_count=1 resize_mode='border'
resize_only_if_bigger=False upscale_interpolation='lanczos' downscale_interpolation='area' encode_quality=95
encode_format='jpg' skip_reencode=False output_format='files' input_format='txt' url_col='url' caption_col=None
bbox_col=None thread_count=256 number_sample_per_shard=10000 extract_exif=True save_additional_columns=None timeout=10
enable_wandb=False wandb_project='img2dataset' oom_shard_count=5 compute_hash='sha256' verify_hash=None
distributor='multiprocessing' subjob_size=1000 retries=0 disable_all_reencoding=False min_image_size=0
max_image_area=inf max_aspect_ratio=inf incremental_mode='incremental' max_shard_retry=1 user_agent_token=None
disallowed_header_directives=None"""


def members(tar: Path) -> List[str]:
    with tarfile.open(tar) as opened:
        return opened.getnames()


def test_signature_is_img2datasets() -> None:
    parameters = list(inspect.signature(download).parameters.values())
    described = [
        f"{parameter.name}={'' if parameter.default is parameter.empty else repr(parameter.default)}"
        for parameter in parameters
    ]
    assert described == [*IMG2DATASET.split(), "options="]
    assert all(parameter.kind is parameter.POSITIONAL_OR_KEYWORD for parameter in parameters[:-1])


def test_writes_what_the_command_writes(index: Path) -> None:
    summary = download(url_list=str(index), output_folder="python", **ARGUMENTS)
    flags = [word for name, value in ARGUMENTS.items() for word in (f"--{name}", str(value))]
    line = ["node", CLI, "--url_list", index, "--output_folder", "line", *flags]
    subprocess.run(line, check=True, capture_output=True)
    names = [sorted(path.name for path in Path(folder).iterdir()) for folder in ("python", "line")]
    assert names[0] == names[1] == [".laion-fetch", "00000.parquet", "00000.sha256", "00000.tar", "00000_stats.json"]
    assert Path("python/00000.tar").read_bytes() == Path("line/00000.tar").read_bytes()
    assert len(members(Path("python/00000.tar"))) == 3 * len(IMAGES)
    assert (summary.rows, summary.successes) == (len(IMAGES) + 2, len(IMAGES))
    assert (summary.failed_to_download, summary.failed_to_resize) == (1, 1)
    assert sum(summary.failure_codes.values()) == 2
    assert summary.document["version"] == laion_fetch.__version__


def test_defaults_are_img2datasets(index: Path, capfd: pytest.CaptureFixture[str]) -> None:
    download(index)
    assert sorted(path.name for path in Path("images").iterdir() if path.name.startswith("0")) == [
        *["00000", "00000.parquet", "00000.sha256", "00000_stats.json"]
    ]
    document = json.loads(Path("images/00000/000000000.json").read_text())
    assert (document["width"], document["height"], document.get("caption")) == (256, 256, None)
    assert "8 of 8 rows, 75.0 % success" in capfd.readouterr().err


def test_positional_arguments_and_quiet(index: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert download(str(index), 64, "out", 1, "no", quiet=True).successes == len(IMAGES)
    assert capfd.readouterr().err == ""


def test_iterates_over_the_progress(index: Path) -> None:
    run = start([index], output_folder="out", columns=None, preset="none")
    seen = list(run)
    assert (seen[-1].rows, seen[-1].total_rows, seen[-1].success_ratio) == (8, 8, 0.75)
    assert run.result().successes == run.result().successes == len(IMAGES)
    assert list(run) == []


class AtStart(logging.Handler):
    """Calls a function when the first run has started."""

    def __init__(self, then: Callable[[], None]) -> None:
        super().__init__()
        self.then: Optional[Callable[[], None]] = then

    def emit(self, record: logging.LogRecord) -> None:
        then = self.then
        if then and "run started" in record.getMessage():
            self.then = None
            then()


@pytest.fixture
def at_start() -> Iterator[Callable[[Callable[[], None]], None]]:
    """Registers what is done when a run has started."""
    logger = logging.getLogger("laion_fetch")
    logger.setLevel(logging.INFO)
    handlers: List[AtStart] = []

    def register(then: Callable[[], None]) -> None:
        handlers.append(AtStart(then))
        logger.addHandler(handlers[-1])

    yield register
    logger.setLevel(logging.NOTSET)
    for handler in handlers:
        logger.removeHandler(handler)


@pytest.fixture
def hanging(web: str) -> Dict[str, Any]:
    """The arguments of a download that waits for its last row, five seconds in each of three attempts."""
    Path("urls.txt").write_text(f"{web}/tiny.jpg\n{web}/hangs\n")
    return dict(url_list="urls.txt", output_folder="out", timeout=5, log_level="info")


def resume(hanging: Dict[str, Any]) -> int:
    """Finishes the download without its patience; returns the number of rows."""
    return download(**{**hanging, "timeout": 1}, retries=0).rows


def test_stops_and_resumes(hanging: Dict[str, Any], at_start: Callable[[Callable[[], None]], None]) -> None:
    run = start(**hanging)
    at_start(run.stop)
    with pytest.raises(InterruptedRunError) as caught:
        run.result()
    assert caught.value.exit_code == 130
    assert caught.value.document and caught.value.document["interrupted"] is True
    assert resume(hanging) == 2


def test_leaving_a_block_ends_the_run(hanging: Dict[str, Any], at_start: Callable[[Callable[[], None]], None]) -> None:
    def leave() -> None:
        raise RuntimeError("left")

    at_start(leave)
    with pytest.raises(RuntimeError, match="left"), start(**hanging) as run:
        list(run)
    with pytest.raises(InterruptedRunError):
        run.result()
    assert resume(hanging) == 2


def test_an_interrupt_is_passed_on_once(hanging: Dict[str, Any]) -> None:
    program = f"import logging, laion_fetch; logging.basicConfig(level='INFO'); laion_fetch.download(**{hanging!r})"
    python = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True)
    assert python.stderr is not None
    lines: List[str] = []
    for line in python.stderr:
        lines.append(line)
        if "run started" in line:
            python.send_signal(signal.SIGINT)
    python.wait()
    assert sum("SIGINT: finishing what is in flight" in line for line in lines) == 1
    assert lines[-1].startswith("KeyboardInterrupt")
    assert resume(hanging) == 2


def test_plans(index: Path) -> None:
    planned = plan(index, output_folder="out", **ARGUMENTS)
    assert (planned.rows, planned.usable_rows, planned.shards) == (8, 8, 1)
    assert planned.prediction["disk_bytes"] > 0
    assert not Path("out").exists()


def test_verifies(index: Path) -> None:
    download(index, output_folder="out", **ARGUMENTS)
    verified = verify("out", deep=True, index=index)
    assert (verified.shards, verified.rows, verified.successes) == (1, 8, 6)
    assert verified.indexes[0]["rows_compared"] == 8
    with Path("out/00000.tar").open("r+b") as tar:
        tar.truncate(1000)
    with pytest.raises(IncompleteError, match=r"^out: \d+ findings, the first: 00000") as caught:
        verify("out")
    assert caught.value.document and caught.value.document["broken_shards"] == ["00000"]
    with pytest.raises(IncompleteError):
        verify("out", repair=True)
    assert download(index, output_folder="out", **ARGUMENTS).successes == verify("out").successes


def test_warnings_go_to_the_log(index: Path, caplog: pytest.LogCaptureFixture) -> None:
    download(index, output_folder="out", max_shard_retry=2, where="caption = 'caption tiny.jpg'", image_size=32)
    warnings = [record.getMessage() for record in caplog.records if record.name == "laion_fetch"]
    assert warnings == [warnings[0]]
    assert warnings[0].startswith("--max_shard_retry: has no effect")


def test_what_a_program_said_goes_to_the_command(index: Path) -> None:
    options: Dict[str, Any] = dict(
        *[{"save_additional_columns": ["caption"], "max_image_area": float("inf"), "verify_hash": None}],
        disallowed_header_directives=[],
        user_agent_token=None,
        per_host=2,
        auto_orient=True,
        image_size=64.0,
    )
    used = download(index, output_folder=Path("out"), **options).document["options"]
    assert (used["columns"], used["max-image-area"], used["disallowed-header-directives"]) == (["caption"], None, [])


def test_refused_arguments_are_usage_errors(index: Path) -> None:
    with pytest.raises(UsageError, match="per_hosts") as caught:
        download(index, output_folder="out", per_hosts=3)
    assert isinstance(caught.value, ValueError)
    with pytest.raises(UsageError, match="resize"):
        download(index, output_folder="out", resize_mode="sideways")
    with pytest.raises(TypeError):
        download()  # type: ignore[call-arg]
    assert not Path("out").exists()


def test_the_examples_of_the_documents_run(index: Path) -> None:
    pages = [(ROOT / path).read_text() for path in ("docs/python.md", "python/README.md")]
    examples = [example for page in pages for example in re.findall(r"^```python\n(.*?)^```$", page, re.S | re.M)]
    assert len(examples) == 3
    for number, example in enumerate(examples):
        Path(f"{number}").mkdir()
        Path(f"{number}/index.csv").write_text(index.read_text())
        ran = subprocess.run([sys.executable, "-c", example], cwd=f"{number}", capture_output=True, text=True)
        assert (ran.returncode, "Traceback" in ran.stderr) == (0, False), ran.stderr
        assert number == 1 or f"{len(IMAGES)} images of 8 rows" in ran.stdout or ran.stdout.startswith(f"{len(IMAGES)} ")


def test_wandb_offline_writes_a_run_that_wandb_sync_finds(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("wandb")
    # Nothing leaves this machine.
    for name, value in dict(MODE="offline", ERROR_REPORTING="false", BASE_URL="http://127.0.0.1:1", SILENT="true").items():
        monkeypatch.setenv(f"WANDB_{name}", value)
    arguments = dict(output_folder="out", enable_wandb=True, wandb_project="laion", **ARGUMENTS)
    # wandb's own process writes the last records when Python ends.
    program = f"import laion_fetch; laion_fetch.download({str(index)!r}, **{arguments!r})"
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    (run,) = Path("wandb").glob("offline-run-*")
    (record,) = run.glob("run-*.wandb")
    content = record.read_bytes()
    names = [b"img_per_sec", b"count", b"success", b"failed_to_download", b"failed_to_resize"]
    assert [name for name in names if b"total/" + name not in content] == []
    assert b"laion" in content and b"keep_ratio" in content
    (table,) = run.glob("files/media/table/status*.json")
    rows = json.loads(table.read_text())["data"]
    assert rows[0] == ["success", len(IMAGES) / (len(IMAGES) + 2), len(IMAGES)]
    assert sum(count for _status, _frequency, count in rows) == len(IMAGES) + 2
    sync = [sys.executable, "-m", "wandb", "sync", "--dry-run", str(run)]
    monkeypatch.delenv("WANDB_SILENT")
    found = subprocess.run(sync, check=True, capture_output=True, text=True)
    assert record.name in found.stdout + found.stderr


def test_without_the_package_wandb_nothing_is_started(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wandb", None)
    with pytest.raises(UsageError, match=r"pip install 'laion-fetch\[wandb\]'"):
        download(str(index), enable_wandb=True)
    assert not Path("images").exists()


def test_a_killed_program_leaves_no_command(web: str, tmp_path: Path) -> None:
    (tmp_path / "index.txt").write_text(f"{web}/hangs\n")
    program = subprocess.Popen([sys.executable, "-c", "import laion_fetch; laion_fetch.download('index.txt', timeout=60)"])
    lock = tmp_path / "images" / ".laion-fetch.lock"
    wait_until(lock.exists)
    command = Path(f"/proc/{json.loads(lock.read_text())['pid']}/cmdline")
    assert command.read_text() != ""
    program.kill()
    program.wait()
    wait_until(lambda: not command.exists() or command.read_text() == "")


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)
