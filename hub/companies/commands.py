"""What an admin changes about a company; each through the gate, in one transaction with its audit row."""

from datetime import datetime
from typing import Annotated, Final

import msgspec

from contract.times import from_us, to_us
from hub.access.catalogue import Bench, Command
from hub.directory import agents, company, credentials, tokens, users
from hub.directory.roles import ADMIN, ANYONE
from hub.errors import Invalid, NotAllowed

Time = Annotated[datetime, msgspec.Meta(tz=True)]
Text = Annotated[str, msgspec.Meta(max_length=1000)]


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """It is done; there is nothing more to say."""

    done: bool = True


class AddSite(msgspec.Struct, frozen=True, kw_only=True):
    """A new site; called as its slug where no name is given."""

    site: Text
    name: Text | None = None


class AddAgent(msgspec.Struct, frozen=True, kw_only=True):
    """A new agent; its site is made where it is new."""

    agent: Text
    site: Text


class TheAgent(msgspec.Struct, frozen=True, kw_only=True):
    """An agent of the company."""

    agent: Text


class Invited(msgspec.Struct, frozen=True, kw_only=True):
    """A one-time code, shown now and never again."""

    agent: str
    site: str
    code: str
    expires_at: Time
    new_site: bool


class AddUser(msgspec.Struct, frozen=True, kw_only=True):
    """A new user; a first password is made where none is given."""

    email: Text
    roles: frozenset[str]
    password: Text | None = None


class TheUser(msgspec.Struct, frozen=True, kw_only=True):
    """A user of the company."""

    email: Text


class NewPassword(msgspec.Struct, frozen=True, kw_only=True):
    """The password, shown now and never again."""

    email: str
    password: str


class SetPassword(msgspec.Struct, frozen=True, kw_only=True):
    """A new password for a user; one is made where None. Their sessions end."""

    email: Text
    password: Text | None = None


class ChangePassword(msgspec.Struct, frozen=True, kw_only=True):
    """One's own password: the current one, and the new one. All sessions end."""

    current: Text
    password: Text


class AddToken(msgspec.Struct, frozen=True, kw_only=True):
    """A new API token with these roles; it ends at `expires_at`, or never (None)."""

    roles: frozenset[str]
    name: Text | None = None
    expires_at: Time | None = None


class TheToken(msgspec.Struct, frozen=True, kw_only=True):
    """An API token, by its public id."""

    id: Text


class MadeToken(msgspec.Struct, frozen=True, kw_only=True):
    """The token, shown now and never again; `id` names it for revoking."""

    id: str
    token: str


def _add_site(bench: Bench, params: AddSite) -> Done:
    company.add_site(bench.desk, params.site, params.name, bench.now_us)
    return Done()


def _add_agent(bench: Bench, params: AddAgent) -> Invited:
    return _invited(agents.add_agent(bench.desk, params.agent, params.site, bench.now_us))


def _renew_code(bench: Bench, params: TheAgent) -> Invited:
    return _invited(agents.renew_code(bench.desk, params.agent, bench.now_us))


def _invited(made: agents.Invitation) -> Invited:
    return Invited(
        agent=made.agent,
        site=made.site,
        code=made.code,
        expires_at=from_us(made.expires_us),
        new_site=made.new_site,
    )


def _revoke_agent(bench: Bench, params: TheAgent) -> Done:
    agents.revoke_agent(bench.desk, params.agent, bench.now_us)
    return Done()


def _rotate_agent(bench: Bench, params: TheAgent) -> Done:
    credentials.ask_rotation(bench.desk, params.agent, bench.now_us)
    return Done()


def _add_user(bench: Bench, params: AddUser) -> NewPassword:
    email, password = users.add_user(bench.desk, params.email, params.roles, params.password, bench.now_us)
    return NewPassword(email=email, password=password)


def _remove_user(bench: Bench, params: TheUser) -> Done:
    users.remove_user(bench.desk, params.email.strip().lower())
    return Done()


def _set_password(bench: Bench, params: SetPassword) -> NewPassword:
    email = params.email.strip().lower()
    return NewPassword(email=email, password=users.set_password(bench.desk, email, params.password))


def _change_password(bench: Bench, params: ChangePassword) -> Done:
    if bench.viewer.kind != "user":
        raise NotAllowed("only a person who signed in has a password of their own")
    users.change_own_password(bench.desk, bench.viewer.name, params.current, params.password)
    return Done()


def _add_token(bench: Bench, params: AddToken) -> MadeToken:
    expires_us = None if params.expires_at is None else to_us(params.expires_at)
    if expires_us is not None and expires_us <= bench.now_us:
        raise Invalid("expires_at is in the past", "expires_at")
    made = tokens.add_token(bench.desk, params.name, params.roles, expires_us, bench.now_us)
    return MadeToken(id=made.id, token=made.token)


def _revoke_token(bench: Bench, params: TheToken) -> Done:
    tokens.revoke_token(bench.desk, params.id, bench.now_us)
    return Done()


COMMANDS: Final = (
    Command(name="companies.add_site", summary="Add a site", params=AddSite, result=Done, roles=ADMIN, run=_add_site),
    Command(name="companies.add_agent", summary="Add an agent and make its enrolment code", params=AddAgent,
            result=Invited, roles=ADMIN, run=_add_agent),
    Command(name="companies.renew_code", summary="Make a new enrolment code for an agent", params=TheAgent,
            result=Invited, roles=ADMIN, run=_renew_code),
    Command(name="companies.revoke_agent", summary="End an agent's credential", params=TheAgent, result=Done,
            roles=ADMIN, run=_revoke_agent),
    Command(name="companies.rotate_agent", summary="Have an agent replace its credential", params=TheAgent, result=Done,
            roles=ADMIN, run=_rotate_agent),
    Command(name="companies.add_user", summary="Add a user", params=AddUser, result=NewPassword, roles=ADMIN,
            run=_add_user),
    Command(name="companies.remove_user", summary="Remove a user", params=TheUser, result=Done, roles=ADMIN,
            run=_remove_user),
    Command(name="companies.set_password", summary="Give a user a new password", params=SetPassword,
            result=NewPassword, roles=ADMIN, run=_set_password),
    Command(name="companies.change_password", summary="Change one's own password", params=ChangePassword, result=Done,
            roles=ANYONE, run=_change_password),
    Command(name="companies.add_token", summary="Add an API token", params=AddToken, result=MadeToken, roles=ADMIN,
            run=_add_token),
    Command(name="companies.revoke_token", summary="End an API token", params=TheToken, result=Done, roles=ADMIN,
            run=_revoke_token),
)  # fmt: skip
