"""Files of at most 400 lines, functions of at most 60 (DESIGN §2)."""

from tests.architecture.source import CODE, ROOT, files, functions, lines_of

MOST_LINES = 400
MOST_LINES_OF_A_FUNCTION = 60
SHIPPED_BY_OTHERS = ("vendor", "fonts")
TEXTS = [
    path
    for ending in (".css", ".js", ".html")
    for path in files("hub", ending=ending)
    if not set(path.parts) & set(SHIPPED_BY_OTHERS) and ".min." not in path.name
]


def test_files_are_short():
    counts = {path: len((ROOT / path).read_text("utf-8").splitlines()) for path in [*files(*CODE), *TEXTS]}
    long = [f"{path}: {count} lines" for path, count in counts.items() if count > MOST_LINES]
    assert long == [], "split it by what it says"


def test_functions_are_short():
    long = [
        f"{path}:{function.lineno} {function.name}: {lines_of(function)} lines"
        for path in files(*CODE)
        for function in functions(path)
        if lines_of(function) > MOST_LINES_OF_A_FUNCTION
    ]
    assert long == []
