"""user add, user passwd, user remove, user list."""

import sys
from typing import Annotated

import typer

from hub.cli.shared import PLAIN, AsJson, Company, Data, Roles, ask, do, office_of, say
from hub.directory.company import CompanyView, view_company
from hub.errors import NotFound

app = typer.Typer(help="People who sign in.", **PLAIN)
Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The user's e-mail address.")]
FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input instead of making one.")
]


def _password(*, from_stdin: bool) -> str | None:
    return sys.stdin.readline().rstrip("\r\n") if from_stdin else None


@app.command("add")
def add(
    email: Email,
    company: Company,
    role: Roles,
    data: Data,
    *,
    password_stdin: FromStdin = False,
    as_json: AsJson = False,
) -> None:
    """Add a user, and print the first password, once.

    Example: tsunagu-hub user add mari@aoba.example --company aoba --role manager --data ./hub-data
    """
    with office_of(data) as office:
        params = {"email": email, "roles": role, "password": _password(from_stdin=password_stdin)}
        made = do(office, company, "companies.add_user", params)
        say(made, f"user      {made.email}", f"password  {made.password}   (shown only now)", as_json=as_json)


@app.command("passwd")
def passwd(email: Email, data: Data, *, password_stdin: FromStdin = False, as_json: AsJson = False) -> None:
    """Give a user a new password; whoever is signed in as them is signed out.

    Example: tsunagu-hub user passwd mari@aoba.example --data ./hub-data
    """
    with office_of(data) as office:
        key = email.strip().lower()

        def is_theirs(view: CompanyView) -> bool:
            return any(user.email == key for user in view.users)

        views = [office.directory.read(lambda reader, s=slug: view_company(reader, s)) for slug in office.companies()]  # type: ignore[misc]  # a default binds the slug
        company = next((view.slug for view in views if is_theirs(view)), None)
        if company is None:
            raise NotFound(f"user {email[:80]!r}; see: tsunagu-hub user list --company SLUG --data {data}")
        made = do(
            office, company, "companies.set_password", {"email": key, "password": _password(from_stdin=password_stdin)}
        )
        say(made, f"user      {made.email}", f"password  {made.password}   (shown only now)", as_json=as_json)


@app.command("remove")
def remove(email: Email, company: Company, data: Data, *, as_json: AsJson = False) -> None:
    """Remove a user; whoever is signed in as them is signed out.

    Example: tsunagu-hub user remove mari@aoba.example --company aoba --data ./hub-data
    """
    with office_of(data) as office:
        do(office, company, "companies.remove_user", {"email": email})
        say({"email": email, "removed": True}, f"user {email} removed", as_json=as_json)


@app.command("list")
def show(company: Company, data: Data, *, as_json: AsJson = False) -> None:
    """List a company's users.

    Example: tsunagu-hub user list --company aoba --data ./hub-data
    """
    with office_of(data) as office:
        rows = ask(office, company, "companies.users")
        say({"users": rows}, *(f"{row.email}  {', '.join(row.roles)}" for row in rows), as_json=as_json)
