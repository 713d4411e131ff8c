"""tsunagu-hub as people and scripts meet it: exact names, JSON, and errors in one line."""

import json
from pathlib import Path

import httpx2
import pytest

from hub.directory.lock import is_served
from tests.hub.cli.hubs import init, run, run_process, serving


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cli") / "deep" / "data"
    said = init(path)
    assert said.code == 0, said.err
    assert said.json.keys() == {"company", "admin", "password"}
    return path


def test_init_twice_changes_nothing(data: Path) -> None:
    before = (data / "directory.db").stat().st_mtime_ns
    again = init(data)
    assert (again.code, again.out, again.err.count("\n")) == (1, "", 1)
    assert "holds a hub already" in again.err
    assert (data / "directory.db").stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("company", "name", "admin", "said"),
    [
        ("Aoba Seiki", "Aoba", "a@aoba.example", "'aoba-seiki'"),
        ("青葉", "Aoba", "a@aoba.example", "in Latin letters"),
        ("x" * 64, "Aoba", "a@aoba.example", "at most 63"),
        ("aoba", " ", "a@aoba.example", "printable"),
        ("aoba", "Aoba", "mari", "no e-mail address"),
    ],
)
def test_init_with_wrong_words_leaves_nothing(tmp_path: Path, company: str, name: str, admin: str, said: str) -> None:
    data = tmp_path / "data"
    answer = run("init", "--data", data, "--company", company, "--company-name", name, "--admin", admin)
    assert (answer.code, answer.err.count("\n")) == (1, 1)
    assert said in answer.err
    assert not data.exists()


def test_json_of_the_commands_that_scripts_use(data: Path) -> None:
    agent = run("agent", "add", "pi-1", "--company", "aoba", "--site", "main", "--data", data, "--json").json
    assert (agent["agent"], len(agent["code"])) == ("pi-1", 23)
    token = run("token", "add", "--company", "aoba", "--role", "manager", "--data", data, "--json").json
    assert token["token"].startswith("tsu_")
    user = run("user", "add", "B@aoba.example", "--company", "aoba", "--role", "sales", "--role", "manager",
               "--data", data, "--json").json  # fmt: skip
    assert user.keys() == {"email", "password"}
    typed = run(
        "user", "passwd", "b@aoba.example", "--password-stdin", "--data", data, "--json", stdin="twelve letters\n"
    )
    assert typed.json == {"email": "b@aoba.example", "password": "twelve letters"}
    assert run("company", "add", "midori", "--name", "Midori", "--data", data).code == 0
    assert run("site", "add", "east", "--company", "midori", "--data", data).code == 0
    assert [
        row["agent"] for row in run("agent", "list", "--company", "aoba", "--data", data, "--json").json["agents"]
    ] == ["pi-1"]
    assert run("token", "revoke", token["id"], "--company", "aoba", "--data", data).code == 0
    assert run("agent", "revoke", "pi-1", "--company", "aoba", "--data", data).code == 0
    assert run("user", "remove", "b@aoba.example", "--company", "aoba", "--data", data).code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("agent", "add", "Pi 1", "--company", "aoba", "--site", "main"), "'pi-1'"),
        (("agent", "add", "pi-9", "--company", "nobody", "--site", "main"), "no company 'nobody'"),
        (("agent", "code", "pi-9", "--company", "aoba"), "no agent 'pi-9'"),
        (("token", "add", "--company", "aoba", "--role", "king"), "operator, manager"),
        (("token", "revoke", "abc", "--company", "aoba"), "no live token"),
        (("user", "add", "mari", "--company", "aoba", "--role", "admin"), "no e-mail address"),
        (("user", "add", "a@aoba.example", "--company", "aoba", "--role", "admin"), "has an account already"),
        (("user", "remove", "a@aoba.example", "--company", "aoba"), "last admin"),
        (("user", "passwd", "x@aoba.example"), "no user"),
        (("company", "add", "aoba", "--name", "Again"), "is there already"),
        (("rebuild", "--company", "nobody"), "no company 'nobody'"),
    ],
)
def test_errors_are_one_line_and_exit_code_1(data: Path, words: tuple[str, ...], said: str) -> None:
    answer = run(*words, "--data", data)
    assert (answer.code, answer.out, answer.err.count("\n")) == (1, "", 1)
    assert answer.err.startswith("error: ")
    assert said in answer.err


@pytest.mark.parametrize(
    "words", [("serve",), ("token", "add", "--role", "admin"), ("dance",), ("serve", "--port", "x")]
)
def test_wrong_usage_is_exit_code_2(words: tuple[str, ...]) -> None:
    answer = run_process(*words)
    assert answer.code == 2
    assert "Traceback" not in answer.err


def test_a_directory_without_a_hub(tmp_path: Path) -> None:
    for words in (("serve",), ("rebuild",), ("company", "list")):
        answer = run(*words, "--data", tmp_path / "none")
        assert (answer.code, answer.err.count("\n")) == (1, 1)
        assert "tsunagu-hub init" in answer.err
    (tmp_path / "file").write_text("x")
    answer = run(
        "init",
        "--data",
        tmp_path / "file" / "data",
        "--company",
        "aoba",
        "--company-name",
        "A",
        "--admin",
        "a@b.example",
    )
    assert (answer.code, answer.err.count("\n")) == (1, 1)


def test_a_directory_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "directory.db").write_bytes(b"this was a photograph" * 500)
    answer = run_process("serve", "--data", tmp_path, "--port", "0")
    assert (answer.code, answer.err.count("\n")) == (1, 1)
    assert "Traceback" not in answer.err


@pytest.mark.parametrize("words", [(), ("serve",), ("agent", "add"), ("token", "add"), ("rebuild",), ("init",)])
def test_every_help_has_an_example(words: tuple[str, ...]) -> None:
    answer = run(*words, "--help")
    assert answer.code == 0
    assert not words or "Example: tsunagu-hub" in answer.out


def test_serving_one_at_a_time_on_a_free_port(data: Path) -> None:
    with serving(data, "--log", "json") as (url, process):
        assert is_served(data)
        assert httpx2.get(f"{url}/healthz").json() == {"alive": True}
        second = run_process("serve", "--data", data, "--port", "0")
        assert (second.code, second.err.count("\n")) == (1, 1)
        assert "another tsunagu-hub" in second.err
        other = data.parent / "other"
        init(other)
        taken = run_process("serve", "--data", other, "--port", url.rpartition(":")[2])
        assert (taken.code, taken.err.count("\n")) == (1, 1)
        assert "--port" in taken.err
        process.terminate()
        _, err = process.communicate(timeout=20)
        assert process.returncode == 0
        assert all(json.loads(line) for line in err.splitlines())
    assert not is_served(data)


def test_an_open_stream_does_not_hold_the_hub_up(data: Path) -> None:
    token = run("token", "add", "--company", "aoba", "--role", "manager", "--data", data, "--json").json["token"]
    with serving(data) as (url, process):
        headers = {"Authorization": f"Bearer {token}"}
        with httpx2.stream("GET", f"{url}/api/v1/live", headers=headers) as stream:
            lines = stream.iter_lines()
            assert next(lines) == "retry: 2000"
            process.terminate()
            assert process.wait(timeout=4) == 0
            assert [line for line in lines if line.startswith("data")] == []


def test_after_kill_9_it_serves_again(data: Path) -> None:
    with serving(data) as (_url, process):
        process.kill()
        process.wait(timeout=10)
    with serving(data) as (url, _process):
        assert httpx2.get(f"{url}/readyz").json()["ready"] is True


def test_what_commands_change_a_serving_hub_knows_at_once(data: Path) -> None:
    with serving(data) as (url, _process):
        token = run("token", "add", "--company", "aoba", "--role", "manager", "--data", data, "--json").json["token"]
        headers = {"Authorization": f"Bearer {token}"}
        assert httpx2.get(f"{url}/api/v1/me", headers=headers).status_code == 200
        assert run("company", "add", "kita", "--name", "Kita", "--data", data).code == 0
        assert httpx2.get(f"{url}/readyz").json()["ready"] is True


def test_rebuild_works_while_the_hub_serves_and_while_it_does_not(data: Path) -> None:
    still = run("rebuild", "--data", data, "--company", "aoba")
    assert (still.code, still.out) == (0, "aoba: rebuilt from 0 records\n")
    with serving(data):
        served = run("rebuild", "--data", data, "--company", "aoba")
        assert (served.code, served.out) == (0, "aoba: rebuilt by the serving hub\n"), served.err
