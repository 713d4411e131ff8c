"""What the import linter cannot see: no clock and no chance in what is folded, no I/O in the contract (DESIGN §2)."""

from pathlib import Path

from tests.architecture.source import called, files, imported, matching

PURE = [
    *files("contract"),
    *matching("hub/*/model.py", "hub/*/*_model.py", "hub/*/fold.py", "hub/*/columns.py", "hub/ledger/ranges.py"),
    *matching("edge_agent/drivers/*/decode.py", "edge_agent/normalise/*.py", "edge_agent/reading.py"),
]
CHANCE = {"random", "secrets", "uuid", "numpy.random"}
CLOCKS = {"time", "zoneinfo"}
CLOCK_CALLS = {"now", "utcnow", "today", "time", "time_ns", "monotonic", "monotonic_ns", "perf_counter"}
IO = {
    "asyncio", "http", "io", "logging", "multiprocessing", "os", "pathlib", "queue", "select", "shutil", "signal",
    "socket", "sqlite3", "ssl", "structlog", "subprocess", "sys", "tempfile", "threading", "urllib", "asyncua", "paho",
    "httpx2", "fastapi", "uvicorn", "pydantic",
}  # fmt: skip
IO_CALLS = {"open", "print", "input", "exec", "eval"}


def roots(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(path)}


def test_there_is_something_to_look_at():
    names = {path.name for path in PURE}
    assert {"codec.py", "state_model.py", "run_model.py", "fold.py", "columns.py", "decode.py"} <= names


def test_no_clock_and_no_chance():
    sources = {path.as_posix(): found for path in PURE if (found := roots(path) & (CHANCE | CLOCKS))}
    assert sources == {}
    asked = [
        f"{path}:{line} {name}()"
        for path in PURE
        for line, name in called(path)
        if name.rpartition(".")[2] in CLOCK_CALLS
    ]
    assert asked == [], "pass the time in"


def test_the_contract_does_no_io():
    sources = {path.as_posix(): found for path in files("contract") if (found := roots(path) & IO)}
    assert sources == {}
    done = [f"{path}:{line} {name}()" for path in files("contract") for line, name in called(path) if name in IO_CALLS]
    assert done == []
