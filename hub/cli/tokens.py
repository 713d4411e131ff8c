"""token add, token revoke, token list."""

from datetime import timedelta
from typing import Annotated

import typer

from contract.times import from_us
from hub.cli.shared import PLAIN, AsJson, Company, Data, Roles, ask, do, office_of, say

app = typer.Typer(help="API tokens, for scripts and other programs.", **PLAIN)


@app.command("add")
def add(
    company: Company,
    role: Roles,
    data: Data,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="What it is for.")] = None,
    days: Annotated[
        int | None, typer.Option("--days", help="How long it is good; left out: until revoked.", min=1, max=36500)
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Make an API token, and print it, once.

    Example: tsunagu-hub token add --company aoba --role manager --name grafana --days 365 --data ./hub-data
    """
    with office_of(data) as office:
        expires_at = None if days is None else from_us(office.now_us()) + timedelta(days=days)
        params = {"roles": role, "name": name, "expires_at": expires_at}
        made = do(office, company, "companies.add_token", params)
        say(made, f"id     {made.id}", f"token  {made.token}   (shown only now)", as_json=as_json)


@app.command("revoke")
def revoke(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="The token's id: see token list.")],
    company: Company,
    data: Data,
    *,
    as_json: AsJson = False,
) -> None:
    """End a token at once.

    Example: tsunagu-hub token revoke 7k2m9qx4 --company aoba --data ./hub-data
    """
    with office_of(data) as office:
        do(office, company, "companies.revoke_token", {"id": token_id})
        say({"id": token_id, "revoked": True}, f"token {token_id} of {company} revoked", as_json=as_json)


@app.command("list")
def show(company: Company, data: Data, *, as_json: AsJson = False) -> None:
    """List a company's tokens, without their secrets.

    Example: tsunagu-hub token list --company aoba --data ./hub-data
    """
    with office_of(data) as office:
        rows = ask(office, company, "companies.tokens")
        lines = (f"{row.id}  {row.name}  {', '.join(row.roles)}{'  revoked' if row.revoked_at else ''}" for row in rows)
        say({"tokens": rows}, *lines, as_json=as_json)
