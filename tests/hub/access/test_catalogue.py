"""Every question there is, enumerated, so that a new one is covered at birth."""

from typing import get_type_hints

import msgspec
import pytest

from hub.access.catalogue import CLASSES, Catalogue, Question, disclosures
from hub.access.params import Nothing, decode_cursor
from hub.companies.questions import QUESTIONS
from hub.directory.roles import ROLES
from hub.errors import Invalid, NotFound
from hub.office import build_catalogue

CATALOGUE = build_catalogue()


@pytest.mark.parametrize("question", CATALOGUE.questions.values(), ids=lambda question: question.name)
def test_every_field_of_every_row_has_a_disclosure_class(question: Question) -> None:
    without = [field for field, kind in disclosures(question.row).items() if kind not in CLASSES]
    assert without == []


@pytest.mark.parametrize("question", CATALOGUE.questions.values(), ids=lambda question: question.name)
def test_a_field_that_may_be_withheld_by_role_may_be_null(question: Question) -> None:
    hints = get_type_hints(question.row)
    for field, kind in disclosures(question.row).items():
        if kind in ("cost", "people"):
            assert type(None) in hints[field].__args__, field


@pytest.mark.parametrize(
    "entry", [*CATALOGUE.questions.values(), *CATALOGUE.commands.values()], ids=lambda entry: entry.name
)
def test_every_entry_is_named_by_its_feature_and_frozen(entry) -> None:
    feature, dot, verb = entry.name.partition(".")
    assert (feature, dot, verb) == (feature or None, ".", verb or None)
    assert entry.summary
    assert entry.params.__struct_config__.frozen
    assert entry.roles is None or (entry.roles and entry.roles <= set(ROLES))


def test_a_name_stands_for_one_question_only() -> None:
    with pytest.raises(ValueError, match="twice"):
        Catalogue(questions=[*QUESTIONS, QUESTIONS[0]])


def test_an_unknown_name_is_not_found() -> None:
    with pytest.raises(NotFound):
        CATALOGUE.question("companies.secrets")
    with pytest.raises(NotFound):
        CATALOGUE.command("companies.explode")


@pytest.mark.parametrize("cursor", ["", "!", "e30", "bnVsbA", "x" * 500, "あ"])
def test_a_cursor_of_ones_own_making_is_refused(cursor: str) -> None:
    with pytest.raises(Invalid) as refused:
        decode_cursor(cursor)
    assert refused.value.field == "cursor"


def test_params_are_structs() -> None:
    assert issubclass(Nothing, msgspec.Struct)
