"""The command `tsunagu-hub`. Errors are one line on stderr and exit code 1; wrong usage is exit code 2."""

import typer

from hub.cli import agents, companies, service, serving, tls, tokens, users
from hub.cli.shared import PLAIN

app = typer.Typer(
    name="tsunagu-hub",
    help="The hub of a group of factories: takes what agents deliver, answers what people ask.",
    **PLAIN,
)
serving.register(app)
app.command("install-service")(service.install_service)
app.add_typer(companies.app, name="company")
app.add_typer(companies.sites, name="site")
app.add_typer(users.app, name="user")
app.add_typer(agents.app, name="agent")
app.add_typer(tokens.app, name="token")
app.add_typer(tls.app, name="tls")
