"""User and password as every driver's connection may say them: the password stands in a file or in the environment.

Never in the settings themselves, so that the file can be shown to others. The text of the password leaves this
module only as the answer of `password`; it is in no message.
"""

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, model_validator

from edge_agent.drivers.port import Misconfigured
from edge_agent.settings import Table


class SignInSettings(Table):
    """Who the agent signs in as."""

    username: str | None = Field(
        None, min_length=1, max_length=256, description="User to sign in as.", examples=["tsunagu"]
    )
    password_env: str | None = Field(
        None, description="Name of the environment variable that holds the password.", examples=["MACHINE_PASSWORD"]
    )
    password_file: Path | None = Field(
        None, description="File that holds the password in its first line.", examples=["/etc/tsunagu/password"]
    )

    @model_validator(mode="after")
    def _one_password(self) -> "SignInSettings":
        given = [name for name in ("password_env", "password_file") if getattr(self, name) is not None]
        if len(given) == 2:
            raise ValueError("give password_env or password_file, not both")
        if given and self.username is None:
            raise ValueError(f"{given[0]} needs a username")
        return self


def password(settings: SignInSettings, environment: Mapping[str, str]) -> str | None:
    """The password from where the settings say; raises Misconfigured where it is not there."""
    if settings.password_env is not None:
        if settings.password_env not in environment:
            raise Misconfigured(f"the environment variable {settings.password_env} (password_env) is not set")
        return environment[settings.password_env]
    if settings.password_file is not None:
        try:
            lines = settings.password_file.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            raise Misconfigured(
                f"{settings.password_file} (password_file) is not UTF-8 text; save it as UTF-8"
            ) from None
        except OSError as error:
            raise Misconfigured(f"{settings.password_file} (password_file) cannot be read: {error.strerror}") from error
        if not lines:
            raise Misconfigured(f"{settings.password_file} (password_file) is empty")
        return lines[0]
    return None
