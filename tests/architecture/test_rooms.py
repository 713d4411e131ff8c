"""Where things may stand: SQL in stores, prose on top of modules, nothing built at import, no empty rooms."""

import ast
import re
from pathlib import Path

from tests.architecture.source import PACKAGES, ROOT, called, files, imported, matching, parsed

SQL_LIBRARIES = {"sqlite3", "sqlalchemy", "alembic", "psycopg", "aiosqlite", "apsw"}
SQL_ROOMS = ("hub/stores/", "hub/ledger/", "hub/directory/", "edge_agent/buffer/")
NAMES_THE_STORES_ERROR = {Path("hub/projector.py")}
"""The projector tells a fault of the store from a fault of one machine's fold; it takes only the error from there."""
STATEMENT = re.compile(
    r"\s*(SELECT\s.+\sFROM|INSERT\s+(OR\s\w+\s+)?INTO|UPDATE\s\w+\sSET|DELETE\s+FROM|CREATE\s+TABLE)\b"
)
CURSOR_OF_THE_PROJECTOR = {Path("hub/projector.py")}
FEATURES = [
    name
    for name in (
        *("companies", "machines", "series", "timeline", "calendars", "parts", "stops", "orders", "progress"),
        *("quality", "trace", "worklist"),
    )
    if (ROOT / "hub" / name).is_dir()
]
STOREYS = {
    "schema": 0, "columns": 0, "model": 0, "fold": 0, "store": 2, "questions": 3, "commands": 3, "api": 4, "pages": 4,
}  # fmt: skip
"""Inside a feature a module is named by one of these words, or by a thing and one of them (`item_store`)."""
BUILDERS = {"sqlite3.connect", "FastAPI", "socket.socket", "Thread", "threading.Thread", "Client", "httpx2.Client"}


def may_speak_sql(path: Path) -> bool:
    return path.as_posix().startswith(SQL_ROOMS) or path in matching(
        "hub/*/store.py", "hub/*/*_store.py", "hub/*/schema.py", "hub/schema.py"
    )


def test_sql_libraries_stay_in_the_stores():
    strangers = {
        path
        for path in files(*PACKAGES)
        if not may_speak_sql(path) and {name.split(".")[0] for name in imported(path)} & SQL_LIBRARIES
    }
    assert strangers <= NAMES_THE_STORES_ERROR
    for path in NAMES_THE_STORES_ERROR & strangers:
        assert not [name for _, name in called(path) if name.startswith("sqlite3.")]


def test_sql_statements_stay_in_the_stores():
    strangers = [
        f"{path}:{node.lineno} {node.value.strip()[:50]}"
        for path in files(*PACKAGES)
        if not may_speak_sql(path) and path not in CURSOR_OF_THE_PROJECTOR
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and STATEMENT.match(node.value)
    ]
    assert strangers == []


def test_a_module_says_what_it_is():
    modules = [path for path in files(*PACKAGES) if path.name != "__init__.py"]
    assert [path.as_posix() for path in modules if not ast.get_docstring(parsed(path))] == []


def test_what_others_may_use_says_what_it_does():
    silent = [
        f"{path}:{node.lineno} {node.name}"
        for path in files(*PACKAGES)
        for node in parsed(path).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert silent == []


def test_nothing_is_built_at_import():
    built = [
        f"{path}:{node.lineno} {ast.unparse(node.func)}()"
        for path in files(*PACKAGES)
        for statement in parsed(path).body
        if isinstance(statement, ast.Assign | ast.AnnAssign | ast.Expr)
        for node in ast.walk(statement)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in BUILDERS
    ]
    assert built == []


def storey(stem: str) -> int | None:
    return STOREYS.get(stem.rpartition("_")[2])


def test_files_of_a_feature_have_fixed_names():
    odd = [
        path.as_posix()
        for feature in FEATURES
        for path in files(f"hub/{feature}")
        if path.stem != "__init__" and storey(path.stem) is None
    ]
    assert odd == []


def test_inside_a_feature_no_one_reaches_upstairs():
    wrong = [
        f"{path} imports {name}"
        for feature in FEATURES
        for path in files(f"hub/{feature}")
        if path.stem != "__init__"
        for name in imported(path)
        if name.startswith(f"hub.{feature}.") and (storey(name.split(".")[2]) or 0) > (storey(path.stem) or 0)
    ]
    assert wrong == []


def test_every_room_is_furnished():
    empty = [
        folder.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for folder in (ROOT / package).rglob("*")
        if folder.is_dir()
        and folder.name != "__pycache__"
        and not [
            path
            for path in folder.rglob("*")
            if path.is_file() and path.name != "__init__.py" and path.suffix != ".pyc"
        ]
    ]
    assert empty == []


def test_a_broad_except_stands_only_where_one_fault_must_not_stop_the_rest():
    allowed = {"edge_agent/supervisor.py", "hub/projector.py"}
    broad = {
        path.as_posix()
        for path in files(*PACKAGES)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ExceptHandler) and (node.type is None or ast.unparse(node.type) == "Exception")
    }
    assert broad <= allowed
