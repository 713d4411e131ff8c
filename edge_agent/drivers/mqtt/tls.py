"""The TLS of one connection, as its settings say. Reads the files they name; speaks to nobody.

At least TLS 1.2; the broker's certificate and name are always checked, there is no switch to leave that out.
"""

import ssl
from pathlib import Path

from edge_agent.drivers.mqtt.settings import ConnectionSettings
from edge_agent.drivers.port import Misconfigured


def context_of(settings: ConnectionSettings) -> ssl.SSLContext:
    """The context to connect with; Misconfigured where a file cannot be used."""
    if settings.ca_file is None:
        context = ssl.create_default_context()
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # this authority alone, not also the public ones
        _load_authority(context, settings.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.client_certificate is not None:
        _load_ours(context, settings.client_certificate, settings.client_key)
    return context


def days_left(connection: object, now_s: float) -> float | None:
    """How long the broker's certificate is still valid, in days; None without TLS. `now_s`: seconds since 1970."""
    if not isinstance(connection, ssl.SSLSocket):
        return None
    ends = (connection.getpeercert() or {}).get("notAfter")
    return (ssl.cert_time_to_seconds(ends) - now_s) / 86_400 if isinstance(ends, str) else None


def _load_authority(context: ssl.SSLContext, path: Path) -> None:
    try:
        context.load_verify_locations(cafile=path)
    except ssl.SSLError as error:
        raise Misconfigured(f"{path} (ca_file) holds no certificate in PEM form (-----BEGIN CERTIFICATE)") from error
    except OSError as error:
        raise Misconfigured(f"{path} (ca_file) cannot be read: {error.strerror}") from error


def _load_ours(context: ssl.SSLContext, certificate: Path, key: Path | None) -> None:
    for path, name in ((certificate, "client_certificate"), (key, "client_key")):
        try:
            if path is not None:
                path.read_bytes()
        except OSError as error:
            raise Misconfigured(f"{path} ({name}) cannot be read: {error.strerror}") from error
    try:
        context.load_cert_chain(certificate, key, password=lambda: b"")  # else OpenSSL would ask on the terminal
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise Misconfigured(f"{key or certificate} is not the key of {certificate}; give the pair") from error
        raise Misconfigured(
            f"{certificate} (client_certificate) and {key or 'the key in it'} cannot be used; "
            "both must be PEM, the key without a password"
        ) from error
