"""The texts: both languages say the same, no template has words of its own, the shipped font has every character."""

import re
import string
from pathlib import Path

import pytest

import hub.web
from hub.web.i18n import Words, catalogue
from hub.web.layout import STATIC, TEMPLATES

WEB = Path(hub.web.__file__).parent
HUB = WEB.parent
CALL = re.compile(r"""\bt\(\s*'([a-z0-9_.]+)'\s*([,)~])""")
CALL_IN_CODE = re.compile(r"""words\(\s*f?["']([a-z0-9_.]+)""")
TAG = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<!--.*?-->|<[^>]*>", re.DOTALL)
NAMES = re.compile(r"{% block body_class %}[^{]*{% endblock %}")
SPOKEN = re.compile(r"""(?:title|aria-label|placeholder|alt|content)="([^"{]*[A-Za-z\u3040-\u9fff][^"{]*)\"""")
NOT_SPOKEN = {"width=device-width, initial-scale=1, viewport-fit=cover", "includeIndicatorCSS:false, history:false"}


def fields(text: str) -> set[str]:
    return {name for part in text.split("|") for _, name, _, _ in string.Formatter().parse(part) if name}


def test_both_languages_say_something_with_the_same_values() -> None:
    for key, (ja, en) in catalogue().items():
        assert ja.strip(), key
        assert en.strip(), key
        assert fields(ja) == fields(en), key


def test_japanese_is_japanese() -> None:
    same = [
        key for key, (ja, en) in catalogue().items() if ja == en and re.search("[A-Za-z]{3}", re.sub(r"{\w+}", "", ja))
    ]
    assert not [key for key in same if not key.startswith("account.language.")]


@pytest.mark.parametrize("template", sorted(TEMPLATES.glob("*.html")), ids=lambda path: path.name)
def test_templates_have_no_words_of_their_own_and_ask_for_texts_that_are_there(template: Path) -> None:
    source = template.read_text(encoding="utf-8")
    left = re.sub(r"&\w+;", "", TAG.sub("", NAMES.sub("", source)))
    assert not re.search(r"[A-Za-z\u3040-\u9fff]", left), left.split()
    assert set(SPOKEN.findall(source)) <= NOT_SPOKEN
    for key, after in CALL.findall(source):
        if after == "~":
            assert any(each.startswith(key) for each in catalogue()), key
        else:
            assert key in catalogue(), key


def test_every_text_is_used() -> None:
    sources = [path.read_text(encoding="utf-8") for path in TEMPLATES.glob("*.html")]
    code = [path.read_text(encoding="utf-8") for path in (*WEB.glob("*.py"), *HUB.glob("*/*pages.py"))]
    asked = [key for source in sources for key, _ in CALL.findall(source)]
    asked += [key for source in code for key in CALL_IN_CODE.findall(source)]
    asked += [key for source in code for key in re.findall(r'"([a-z]+\.[a-z0-9_.]+)"', source)]
    prefixes = tuple(key for key in asked if key.endswith("."))
    unused = catalogue().keys() - set(asked)
    assert not [key for key in unused if not key.startswith(prefixes)]


def test_the_first_font_file_has_every_character_of_the_texts() -> None:
    ours = set((STATIC / "vendor/biz-udpgothic/ui-characters.txt").read_text(encoding="utf-8"))
    needed = {char for pair in catalogue().values() for text in pair for char in text}
    assert needed - ours == set()
    ranges = (STATIC / "css/base.css").read_text(encoding="utf-8").split("unicode-range:")[1].split("}")[0].split(",")
    named = {chr(c) for each in ranges for c in range_of(each)}
    assert ours - {"\n"} <= named


def range_of(text: str) -> range:
    first, _, last = text.strip().removeprefix("U+").partition("-")
    return range(int(first, 16), int(last or first, 16) + 1)


def test_english_counts() -> None:
    words = Words("en")
    assert words("board.machines", n=1) == "1 machine"
    assert words("board.machines", n=2) == "2 machines"
    assert Words("ja")("board.machines", n=1) == "1 台"
