"""What a person writes to read a machine over OPC UA. Needs no OPC UA library.

The driver's three tables are found here: the connection below, signals and conditions from `addresses.py`.
"""

import re
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, model_validator

from edge_agent.drivers.opcua.addresses import ConditionSettings, SignalSettings
from edge_agent.drivers.sign_in import SignInSettings
from edge_agent.settings import ConnectionBase

__all__ = ["ConditionSettings", "ConnectionSettings", "SignalSettings"]

_ENDPOINT: Final = re.compile(r"opc\.tcp://(?P<host>\[[0-9A-Fa-f:.]+\]|[^/:@\s\[\]]+)(?::(?P<port>\d{1,5}))?(?:/\S*)?")


def _checked_endpoint(text: str) -> str:
    found = _ENDPOINT.fullmatch(text)
    if found is None or not 0 < int(found["port"] or 4840) < 65536:
        raise ValueError("write opc.tcp://HOST:PORT with the path the server shows, such as opc.tcp://192.0.2.10:4840")
    return text


class EndpointSettings(ConnectionBase):
    """Which of a server's endpoints."""

    endpoint: Annotated[str, AfterValidator(_checked_endpoint)] = Field(
        description="Address of the machine's OPC UA server.", examples=["opc.tcp://192.0.2.10:4840"]
    )
    security: Literal["None", "Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss"] = Field(
        default="None",
        description="Security policy, one that the server offers: None, Basic256Sha256, Aes128_Sha256_RsaOaep or "
        "Aes256_Sha256_RsaPss. With any but None the server must trust this agent's certificate "
        "(tsunagu-agent trust show).",
    )
    mode: Literal["Sign", "SignAndEncrypt"] | None = Field(
        default=None,
        description="What is done to messages: Sign or SignAndEncrypt. Left out: SignAndEncrypt, unless security is "
        "None.",
        examples=["SignAndEncrypt"],
    )


class ConnectionSettings(SignInSettings, EndpointSettings):
    """How to reach an OPC UA server, and how to sign in there."""

    user_certificate: Path | None = Field(
        default=None,
        description="Certificate (PEM or DER) to sign in with, instead of username and password.",
        examples=["/etc/tsunagu/user.pem"],
    )
    user_key: Path | None = Field(
        default=None,
        description="Private key (PEM or DER, without a passphrase) of user_certificate.",
        examples=["/etc/tsunagu/user-key.pem"],
    )
    clear_password: bool = Field(
        default=False,
        description="Send the password readable for anyone on the network, where the server knows no other way.",
    )
    machine: str | None = Field(
        default=None,
        min_length=1,
        description="For state_model machinetool or machinery, where the server shows several machines: the name of "
        "this one there.",
        examples=["MC-01"],
    )
    publishing_interval_ms: int = Field(
        default=100, ge=10, le=60_000, description="How often the server sends what has changed, in milliseconds."
    )
    queue_size: int = Field(
        default=10_000,
        ge=1,
        le=1_000_000,
        description="Changes of one node the server is asked to keep while the agent is busy; "
        "`run` logs what it grants.",
    )
    connect_timeout_s: float = Field(
        default=4.0, gt=0, le=60, description="How long to wait for the server when connecting, in seconds."
    )
    request_timeout_s: float = Field(
        default=15.0, gt=0, le=120, description="How long to wait for an answer of a slow server, in seconds."
    )

    @property
    def asked_mode(self) -> Literal["None", "Sign", "SignAndEncrypt"]:
        """The mode that is meant, said or not."""
        return "None" if self.security == "None" else self.mode or "SignAndEncrypt"

    @model_validator(mode="after")
    def _one_way_in(self) -> "ConnectionSettings":
        if self.security == "None" and self.mode is not None:
            raise ValueError(f'mode {self.mode} needs a security policy, such as security = "Basic256Sha256"')
        if (self.user_certificate is None) != (self.user_key is None):
            raise ValueError("user_certificate and user_key go together; give both")
        if self.user_certificate is not None and self.username is not None:
            raise ValueError("give username or user_certificate, not both")
        return self
