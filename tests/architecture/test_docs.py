"""What README and docs/ point at exists: pages, pictures, commands with their options, names on screens."""

import importlib
import re
import string
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from edge_agent.terminal.words import WORDS
from hub.web.i18n import catalogue

ROOT = Path(__file__).parents[2]
PAGES = sorted(path.relative_to(ROOT).as_posix() for path in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
APPS = {"tsunagu-hub": "hub.cli", "tsunagu-agent": "edge_agent.cli", "tsunagu-sim": "simulators.cli"}
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
COMMAND = re.compile(r"\b(tsunagu-(?:hub|agent|sim))\b([^`\n|#…]*)")
SCREENS = ("docs/orders.md", "docs/progress-and-stops.md", "docs/quality.md", "docs/trace.md", "docs/terminal.md")
"""In these a name in italics is one that a screen shows."""
ITALICS = re.compile(r"(?<![*\w])\*([A-Z][^*\n]*(?:\n[^*\n]+)?)\*(?!\*)")
PICTURE_KB = 200


def text_of(page: str) -> str:
    return (ROOT / page).read_text("utf-8")


def anchor(heading: str) -> str:
    """A heading's address as forges make it."""
    kept = "".join(letter for letter in heading.strip().lower() if letter not in string.punctuation.replace("-", ""))
    return kept.replace(" ", "-")


@pytest.mark.parametrize("page", PAGES)
def test_a_link_leads_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", CODE.sub("", text_of(page))):
        if re.match(r"\w+:", target):
            continue
        place, _, name = target.partition("#")
        path = (ROOT / page).parent / place if place else ROOT / page
        assert path.exists(), f"{page}: {target}"
        if name:
            headings = re.findall(r"^#+ (.+)$", CODE.sub("", path.read_text("utf-8")), re.MULTILINE)
            assert name in {anchor(heading) for heading in headings}, f"{page}: {target}"


def test_every_page_of_docs_is_found_from_the_readme() -> None:
    reached, more = set[str](), {"README.md"}
    while more:
        page = more.pop()
        reached.add(page)
        links = re.findall(r"\]\(([^)\s#:]+\.md)", CODE.sub("", text_of(page)))
        more |= {((ROOT / page).parent / link).resolve().relative_to(ROOT).as_posix() for link in links} - reached
    assert {page for page in PAGES if "/decisions/" not in page} <= reached


@cache
def command(program: str) -> Any:
    return typer.main.get_command(importlib.import_module(APPS[program]).app)


def mentions() -> list[tuple[str, str, str]]:
    return [
        (page, *found)
        for page in PAGES
        for code in CODE.findall(text_of(page))
        for found in COMMAND.findall(code.replace("\\\n", " "))
    ]


@pytest.mark.parametrize(("page", "program", "rest"), sorted(set(mentions())))
def test_a_command_that_is_mentioned_exists(page: str, program: str, rest: str) -> None:
    found = command(program)
    words = rest.split()
    while words and re.fullmatch(r"[a-z-]+", words[0]) and getattr(found, "commands", None):
        assert words[0] in found.commands, f"{page}: {program}{rest}"
        found = found.commands[words.pop(0)]
    options = {option for param in found.params for option in param.opts} | {"--help"}
    asked = set(re.findall(r"(?<!\S)\[?(--[a-z-]+)", re.sub(r'"[^"]*"', "", " ".join(words))))
    assert asked <= options, f"{page}: {program}{rest}"


@cache
def shown() -> set[str]:
    """English texts of the pages and the terminal, without what is filled in, single and plural apart."""
    texts = [pair[1] for pair in (*catalogue().values(), *WORDS.values())]
    return {one for text in texts for whole in text.split("|") for one in (whole, whole.split(":")[0])}


@pytest.mark.parametrize("page", SCREENS)
def test_a_name_in_italics_stands_on_a_screen(page: str) -> None:
    plain = CODE.sub("", text_of(page)).replace("**", "")
    names = {" ".join(name.split()) for name in ITALICS.findall(plain)}
    assert names, f"{page} names nothing that is on a screen"
    assert names <= shown(), f"{page}: {sorted(names - shown())}"


def test_pictures_are_small_and_used() -> None:
    pictures = sorted((ROOT / "docs/pictures").glob("*.png"))
    everything = "".join(text_of(page) for page in PAGES)
    assert pictures
    for picture in pictures:
        assert picture.stat().st_size <= PICTURE_KB * 1000, picture.name
        assert re.search(rf'pictures/{picture.name}[)"]', everything), f"{picture.name} is shown nowhere"
