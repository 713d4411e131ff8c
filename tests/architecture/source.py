"""Our own source as the rules look at it: files, parsed, and what they import. Paths are relative to the project."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("contract", "edge_agent", "hub", "simulators")
CODE = (*PACKAGES, "tests", "bench")


def files(*folders: str, ending: str = ".py") -> list[Path]:
    """Our files below some folders, sorted."""
    found = [path for folder in folders for path in (ROOT / folder).rglob(f"*{ending}")]
    return sorted(path.relative_to(ROOT) for path in found if "__pycache__" not in path.parts)


def matching(*patterns: str) -> list[Path]:
    """Our files whose path matches one of some patterns, such as `hub/*/model.py`."""
    return sorted({path.relative_to(ROOT) for pattern in patterns for path in ROOT.glob(pattern)})


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text("utf-8"), str(path))


def imported(path: Path) -> set[str]:
    """Dotted names of everything a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a file, also those inside others."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def lines_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


def called(path: Path) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of every call whose function has a plain name, such as `datetime.now`."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Call) and (name := _dotted(node.func)):
            yield node.lineno, name


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := _dotted(node.value)):
        return f"{before}.{node.attr}"
    return ""
