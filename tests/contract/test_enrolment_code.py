"""The enrolment code: every typing mistake is found before anything is sent, and a plain code stays what it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.enrolment import LETTERS, CodeError, fingerprint_of, split_code, whole_code

SECRETS = st.text(LETTERS, min_size=20, max_size=20)
WHOLE = st.builds(whole_code, SECRETS, st.binary(max_size=40))


@given(SECRETS, st.binary(max_size=40))
def test_a_whole_code_says_the_secret_and_the_authority(secret: str, der: bytes) -> None:
    code = whole_code(secret, der)
    assert len(code) == 47
    assert split_code(code) == split_code(f" {code.lower().replace('-', ' ').replace('0', 'o').replace('1', 'l')} ")
    assert split_code(code).secret == secret
    assert split_code(code).fingerprint == fingerprint_of(der)
    assert len(fingerprint_of(der)) * 5 >= 80


@given(SECRETS)
def test_a_plain_code_has_no_authority(secret: str) -> None:
    code = whole_code(secret, None)
    assert len(code) == 23
    assert (split_code(code).secret, split_code(code).fingerprint) == (secret, None)


@given(WHOLE, st.integers(0, 39), st.sampled_from(LETTERS))
def test_every_single_wrong_letter_is_found(code: str, place: int, letter: str) -> None:
    letters = code.replace("-", "")
    wrong = letters[:place] + letter + letters[place + 1 :]
    if wrong != letters:
        with pytest.raises(CodeError, match="typing mistake"):
            split_code(wrong)


@given(WHOLE, st.integers(0, 38))
def test_every_swap_of_neighbours_is_found(code: str, place: int) -> None:
    letters = code.replace("-", "")
    wrong = letters[:place] + letters[place + 1] + letters[place] + letters[place + 2 :]
    if wrong != letters:
        with pytest.raises(CodeError, match="typing mistake"):
            split_code(wrong)


@given(st.text(max_size=80))
def test_whatever_is_typed_is_read_or_refused_without_being_repeated(typed: str) -> None:
    try:
        code = split_code(typed)
    except CodeError as error:
        said = str(error)
    else:
        said = ""
        assert code.fingerprint is None or set(code.fingerprint) <= set(LETTERS)
    assert len(typed) < 20 or typed not in said


@pytest.mark.parametrize("cut", [21, 30, 39, 41])
def test_a_code_that_is_cut_short_is_never_taken_for_a_plain_one(cut: int) -> None:
    letters = (whole_code("0" * 20, b"hub") + "0").replace("-", "")[:cut]
    with pytest.raises(CodeError, match="20 or 40"):
        split_code(letters)
