"""What a page weighs, that nothing is fetched from elsewhere, and that what is others' says so."""

import re

import pytest

from hub.web.layout import STATIC, TEMPLATES, asset_url
from tests.support.hubs import RunningHub

LIMIT = 150_000
ASSET = re.compile(r"""asset\('([^']+)'\)""")
IMPORT = re.compile(r"""import[^"]*"\./([^"]+)\"""")


def shipped(template: str) -> set[str]:
    """Scripts and styles of a page, with what its modules import."""
    source = "".join((TEMPLATES / name).read_text(encoding="utf-8") for name in ("base.html", "htmx.html", template))
    names = {name for name in ASSET.findall(source) if name.endswith((".css", ".js"))}
    waiting = [name for name in names if name.startswith("js/")]
    while waiting:
        for found in IMPORT.findall((STATIC / waiting.pop()).read_text(encoding="utf-8")):
            if f"js/{found}" not in names:
                names.add(f"js/{found}")
                waiting.append(f"js/{found}")
    return names


def test_scripts_and_styles_of_every_page_stay_light() -> None:
    pages = [path.name for path in TEMPLATES.glob("*.html") if 'extends "base.html"' in path.read_text("utf-8")]
    assert len(pages) >= 25, pages
    for template in pages:
        names = shipped(template)
        assert len(names) >= (8 if template in {"board.html", "machine.html", "agents.html"} else 3), names
        weight = sum((STATIC / name).stat().st_size for name in names)
        assert weight <= LIMIT, f"{template}: {weight} bytes: {sorted(names)}"


def test_nothing_of_ours_names_another_host() -> None:
    ours = [*TEMPLATES.glob("*.html"), *(STATIC / "css").iterdir(), *(STATIC / "js").iterdir()]
    for path in ours:
        assert not re.search(r"(?:https?:)?//[a-z0-9-]+\.", path.read_text(encoding="utf-8")), path.name


def test_no_script_stands_in_a_page() -> None:
    for path in TEMPLATES.glob("*.html"):
        source = path.read_text(encoding="utf-8")
        assert not re.search(r"<script(?![^>]*\bsrc=)", source), path.name
        assert not re.search(r"\son[a-z]+=", source), path.name


def test_files_of_others_have_their_licence_beside_them() -> None:
    for folder in (path for path in (STATIC / "vendor").iterdir() if path.is_dir()):
        assert [name for name in ("LICENSE", "OFL.txt") if (folder / name).is_file()], folder.name


def test_files_stay_readable() -> None:
    for folder in ("css", "js"):
        for path in (STATIC / folder).iterdir():
            assert len(path.read_text(encoding="utf-8").splitlines()) <= 400, path.name


@pytest.mark.asyncio(loop_scope="session")
async def test_files_named_by_their_content_are_kept_and_others_asked_about_again(hub: RunningHub) -> None:
    kept = await hub.http.get(asset_url("js/live.js"))
    assert (kept.status_code, "immutable" in kept.headers["cache-control"]) == (200, True)
    again = await hub.http.get("/static/js/live.js", headers={"If-None-Match": kept.headers["etag"]})
    assert (again.status_code, "no-cache" in again.headers["cache-control"]) == (304, True)
