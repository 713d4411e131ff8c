"""company add, company list, site add, site list."""

from typing import Annotated

import typer

from hub.access.audit import params_digest
from hub.access.viewer import console
from hub.cli.shared import PLAIN, AsJson, Company, Data, ask, do, office_of, say
from hub.companies.commands import AddSite
from hub.directory.company import add_company, list_companies
from hub.stores.company import Writer

app = typer.Typer(help="Companies of this hub.", **PLAIN)
sites = typer.Typer(help="Places of a company.", **PLAIN)


@app.command("add")
def add(
    slug: Annotated[str, typer.Argument(help="Its short name: a-z, 0-9 and '-'.")],
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Its name for people.")],
    data: Data,
    *,
    as_json: AsJson = False,
) -> None:
    """Add a company.

    Example: tsunagu-hub company add midori --name "Midori Kogyo" --data ./hub-data
    """
    with office_of(data) as office:

        def change(writer: Writer) -> None:
            add_company(writer, slug, name, office.now_us())
            named = params_digest(AddSite(site=slug, name=name))
            office.audit.did(writer, console(slug), slug, "companies.add", named)

        office.directory.change(change)
        office.stores.create(slug)
        next_step = f"tsunagu-hub user add EMAIL --company {slug} --role admin --data {data}"
        say({"company": slug, "name": name}, f"company {slug} added; next: {next_step}", as_json=as_json)


@app.command("list")
def show(data: Data, *, as_json: AsJson = False) -> None:
    """List the companies.

    Example: tsunagu-hub company list --data ./hub-data
    """
    with office_of(data) as office:
        found = office.directory.read(list_companies)
        rows = [{"company": slug, "name": name} for slug, name in found]
        say({"companies": rows}, *(f"{slug}  {name}" for slug, name in found), as_json=as_json)


@sites.command("add")
def add_site(
    site: Annotated[str, typer.Argument(help="Its short name: a-z, 0-9 and '-'.")],
    company: Company,
    data: Data,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="Its name for people.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Add a place to a company.

    Example: tsunagu-hub site add main --company aoba --name "Main works" --data ./hub-data
    """
    with office_of(data) as office:
        do(office, company, "companies.add_site", {"site": site, "name": name})
        say({"company": company, "site": site}, f"site {site} of {company} added", as_json=as_json)


@sites.command("list")
def show_sites(company: Company, data: Data, *, as_json: AsJson = False) -> None:
    """List a company's places.

    Example: tsunagu-hub site list --company aoba --data ./hub-data
    """
    with office_of(data) as office:
        rows = ask(office, company, "companies.sites")
        say({"sites": rows}, *(f"{row.site}  {row.name}  {row.agents} agents" for row in rows), as_json=as_json)
