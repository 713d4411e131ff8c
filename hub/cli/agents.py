"""agent add, agent code, agent rotate, agent revoke, agent list."""

from typing import Annotated, Any

import typer

from hub.cli.shared import PLAIN, AsJson, Company, Data, ask, do, office_of, say

app = typer.Typer(help="Agents beside the machines.", **PLAIN)
Name = Annotated[str, typer.Argument(metavar="AGENT", help="The agent's short name, [agent] id in its configuration.")]


def _say_code(made: Any, *, as_json: bool) -> None:
    lines = [
        f"agent    {made.agent} at site {made.site}",
        f"code     {made.code}   (once, until {made.expires_at:%Y-%m-%d %H:%M} UTC)",
        f"next     on its machine: tsunagu-agent enrol URL {made.code} --config FILE",
    ]
    if made.new_site:
        lines.insert(0, f"site     {made.site} is new and was added")
    say(made, *lines, as_json=as_json)


@app.command("add")
def add(
    agent: Name,
    company: Company,
    site: Annotated[str, typer.Option("--site", metavar="SITE", help="The place it stands in; made where new.")],
    data: Data,
    *,
    as_json: AsJson = False,
) -> None:
    """Add an agent, and print its one-time enrolment code.

    Example: tsunagu-hub agent add aoba-pi-1 --company aoba --site main --data ./hub-data
    """
    with office_of(data) as office:
        _say_code(do(office, company, "companies.add_agent", {"agent": agent, "site": site}), as_json=as_json)


@app.command("code")
def code(agent: Name, company: Company, data: Data, *, as_json: AsJson = False) -> None:
    """Print a new one-time enrolment code for an agent; the one before ends.

    Example: tsunagu-hub agent code aoba-pi-1 --company aoba --data ./hub-data
    """
    with office_of(data) as office:
        _say_code(do(office, company, "companies.renew_code", {"agent": agent}), as_json=as_json)


@app.command("rotate")
def rotate(agent: Name, company: Company, data: Data, *, as_json: AsJson = False) -> None:
    """Have an agent replace its credential with its next batch; it does so by itself every 30 days.

    Example: tsunagu-hub agent rotate aoba-pi-1 --company aoba --data ./hub-data
    """
    with office_of(data) as office:
        do(office, company, "companies.rotate_agent", {"agent": agent})
        said = f"agent {agent} of {company} replaces its credential with its next batch"
        say({"agent": agent, "rotates": True}, said, as_json=as_json)


@app.command("revoke")
def revoke(agent: Name, company: Company, data: Data, *, as_json: AsJson = False) -> None:
    """End an agent's credential at once; what it has delivered stays.

    Example: tsunagu-hub agent revoke aoba-pi-1 --company aoba --data ./hub-data
    """
    with office_of(data) as office:
        do(office, company, "companies.revoke_agent", {"agent": agent})
        say({"agent": agent, "revoked": True}, f"agent {agent} of {company} revoked", as_json=as_json)


@app.command("list")
def show(company: Company, data: Data, *, as_json: AsJson = False) -> None:
    """List a company's agents and what they have delivered.

    Example: tsunagu-hub agent list --company aoba --data ./hub-data
    """
    with office_of(data) as office:
        rows = ask(office, company, "companies.agents")
        say({"agents": rows}, *(_line(row) for row in rows), as_json=as_json)


def _line(row: Any) -> str:
    seen = "never heard of" if row.last_seen is None else f"last seen {row.last_seen:%Y-%m-%d %H:%M:%S} UTC"
    return f"{row.agent}  site {row.site}  {row.state}  {seen}  {row.records} records  lost {row.lost}"
