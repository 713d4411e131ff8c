"""The routes that README and docs/ name are there, with that method."""

import re
from pathlib import Path

from tests.support.hubs import running_hub

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
ROUTE = re.compile(r"`(GET|POST|PUT|PATCH|DELETE) (/[^\s`?]*)")


async def test_a_route_that_is_named_is_there(tmp_path: Path) -> None:
    async with running_hub(tmp_path / "data") as hub:
        paths = (await hub.http.get("/api/v1/openapi.json")).json()["paths"]
    there = {(method.upper(), _bare(path)) for path, methods in paths.items() for method in methods}
    named = {(page.name, *found) for page in PAGES for found in ROUTE.findall(page.read_text("utf-8"))}
    assert len(named) > 30
    assert [one for one in sorted(named) if (one[1], _bare(one[2])) not in there] == []


def _bare(path: str) -> str:
    """Without the prefix and the names of places."""
    return re.sub(r"\{[^}]*\}", "{}", path.removeprefix("/api/v1"))
