"""The directory's own rules: names, secrets, roles, the lock, and two processes on one file."""

import doctest
import importlib
from pathlib import Path

import pytest

from hub.directory.database import Directory, open_directory
from hub.directory.lock import is_served, serving
from hub.directory.names import check_email, check_slug
from hub.directory.roles import check_roles, pack_roles, unpack_roles
from hub.directory.secrets import digest, hash_password, new_code, new_password, new_secret, verify_password
from hub.errors import Conflict, Invalid, NotFound
from tests.support.hubs import TestOffice

WITH_EXAMPLES = ("hub.directory.names", "hub.web.server", "hub.access.params", "hub.web.ranges")


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_in_docstrings_are_true(name: str) -> None:
    failed, tried = doctest.testmod(importlib.import_module(name))
    assert (failed, tried > 0) == (0, True)


@pytest.mark.parametrize("text", ["", "-a", "A", "a_b", "a/b", "ä", "🙂", "a" * 64, "a\n", " a"])
def test_names_that_are_no_slug(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_slug(text, "site")
    assert refused.value.field == "site"
    assert "\n" not in refused.value.message


@pytest.mark.parametrize(
    "text", ["", "a", "a@", "@b", "a b@c", "a@b@c", "a@b..c", "a\x00@b.c", "a@" + "b" * 300, "<a@b.c>"]
)
def test_addresses_that_are_none(text: str) -> None:
    with pytest.raises(Invalid):
        check_email(text)


def test_roles_are_kept_and_unknown_ones_give_nothing() -> None:
    assert unpack_roles(pack_roles(check_roles(["admin", "sales"]))) == {"admin", "sales"}
    assert unpack_roles("admin,emperor,") == {"admin"}
    assert unpack_roles("") == frozenset()


def test_secrets_are_long_and_different() -> None:
    made = (
        {new_secret("tsu") for _ in range(100)}
        | {new_code() for _ in range(100)}
        | {new_password() for _ in range(100)}
    )
    assert len(made) == 300
    assert len(new_secret("tsu")) >= 4 + 43
    assert new_code().replace("-", "").isalnum()
    assert digest("\ud800")


def test_a_password_is_verified_and_nobody_has_none() -> None:
    hashed = hash_password("correct horse")
    assert verify_password(hashed, "correct horse")
    assert not verify_password(hashed, "wrong horse")
    assert not verify_password(None, "correct horse")
    assert not verify_password("not a hash", "correct horse")


def test_one_server_at_a_time(tmp_path: Path) -> None:
    assert not is_served(tmp_path)
    with serving(tmp_path):
        assert is_served(tmp_path)
        with pytest.raises(Conflict):
            with serving(tmp_path):
                pass
    assert not is_served(tmp_path)


def test_a_second_opener_sees_every_change_at_once(office: TestOffice) -> None:
    path = office.office.directory.path
    other = Directory(path)
    count = "SELECT count(*) FROM companies"
    assert other.read(lambda reader: reader.one(count)) == (2,)
    insert = "INSERT INTO companies VALUES ('kita', 'Kita', 0)"
    office.office.directory.change(lambda writer: writer.run(insert))
    assert other.read(lambda reader: reader.one(count)) == (3,)
    other.close()


def test_a_change_that_fails_leaves_nothing(office: TestOffice) -> None:
    directory = office.office.directory

    def half(writer) -> None:
        writer.run("INSERT INTO companies VALUES ('kita', 'Kita', 0)")
        raise Conflict("no")

    with pytest.raises(Conflict):
        directory.change(half)
    assert directory.read(lambda reader: reader.one("SELECT count(*) FROM companies")) == (2,)


def test_opening_what_is_not_there_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        open_directory(tmp_path / "none")
    assert list(tmp_path.iterdir()) == []
