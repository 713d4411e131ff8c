"""Why a server and this agent do not come together, in words a shop electrician can act on. Pure.

Beside `advice.py`, which speaks of links, nodes and values: here it is certificates, policies and users. Each line
says what, where, and what to do at the server. Times: UTC.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from asyncua import ua
from asyncua.ua.uaerrors import UaError, UaStatusCodeError
from cryptography.exceptions import InvalidSignature

from edge_agent.drivers.opcua import advice
from edge_agent.drivers.opcua.certificate import Own
from edge_agent.drivers.opcua.decode import status_name
from edge_agent.drivers.port import ConnectionLost, Misconfigured

NOTABLE: Final = timedelta(minutes=2)
"""A difference of clocks that is worth saying."""
_UNTRUSTED: Final = {
    "BadSecurityChecksFailed",
    "BadCertificateUntrusted",
    "BadCertificateChainIncomplete",
    "BadCertificateRevocationUnknown",
    "BadCertificateIssuerRevocationUnknown",
    "BadApplicationSignatureInvalid",
}
_UNENCRYPTED: Final = {"BadSecurityPolicyRejected", "BadSecurityModeRejected", "BadSecurityModeInsufficient"}
_USERS: Final = {
    "BadUserAccessDenied",
    "BadIdentityTokenRejected",
    "BadIdentityTokenInvalid",
    "BadUserSignatureInvalid",
    "BadIdentityChangeNotSupported",
}


def endpoint_name(policy_uri: str | None, mode: ua.MessageSecurityMode) -> str:
    """A policy and mode as the settings call them.

    >>> endpoint_name("http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256", ua.MessageSecurityMode.Sign)
    'Basic256Sha256 with Sign'
    """
    policy = (policy_uri or "").rpartition("#")[2] or "None"
    return policy if mode == ua.MessageSecurityMode.None_ else f"{policy} with {mode.name}"


def not_offered(endpoint: str, wanted: str, offered: Sequence[str]) -> str:
    """The policy or mode of the settings is not there."""
    if not offered:
        return f"the server at {endpoint} does not offer {wanted}; switch it on there, or set another security and mode"
    return (
        f"the server at {endpoint} does not offer {wanted}; it offers: {'; '.join(offered)}. "
        "Set security and mode to one of these, or switch it on there"
    )


def changed(endpoint: str, known: str, since: str, now_shown: str) -> str:
    """Another certificate than the pinned one."""
    return (
        f"the server at {endpoint} shows another certificate (SHA-256 {now_shown[:19]}…) than the one known since "
        f"{since[:10]} ({known[:19]}…). If the server was set up anew, compare and accept it: tsunagu-agent trust "
        f"accept {endpoint} --config FILE. If nobody changed it, another device answers at this address: find out which"
    )


def expired(endpoint: str, ended: datetime, now: datetime, clock_ahead: timedelta) -> str:
    """First seen after its last day."""
    return (
        f"the certificate of the server at {endpoint} expired on {ended:%Y-%m-%d} (here it is {now:%Y-%m-%d}"
        f"{_clocks(clock_ahead)}); make a new one there, or accept this one as it is: "
        f"tsunagu-agent trust accept {endpoint} --config FILE"
    )


def not_yet_valid(endpoint: str, begins: datetime, now: datetime, clock_ahead: timedelta) -> str:
    """First seen before its first day: one of two clocks is wrong."""
    return (
        f"the certificate of the server at {endpoint} is valid only from {begins:%Y-%m-%d %H:%M} UTC on, here it is "
        f"{now:%Y-%m-%d %H:%M} UTC{_clocks(clock_ahead)}; correct the clock that is wrong, and make a new certificate "
        "there if it was the server's"
    )


def no_such_sign_in(endpoint: str, wanted: ua.UserTokenType, offered: Sequence[ua.UserTokenType]) -> str:
    """The server does not know this way of signing in."""
    ways = ", ".join(dict.fromkeys(_WAYS.get(kind, kind.name) for kind in offered)) or "no way that it names"
    return (
        f"the server at {endpoint} does not take {_WAYS.get(wanted, wanted.name)} with this security; "
        f"it takes: {ways}. Set username or user_certificate accordingly, or allow it there"
    )


_WAYS: Final = {
    ua.UserTokenType.Anonymous: "anonymous users",
    ua.UserTokenType.UserName: "user and password",
    ua.UserTokenType.Certificate: "user certificates",
    ua.UserTokenType.IssuedToken: "issued tokens (not possible here)",
}


def readable_password(endpoint: str) -> str:
    """The password would travel in clear text."""
    return (
        f"the server at {endpoint} would take the password only readable for anyone on the network; set security to a "
        "policy that it offers, or give the user token a policy there. To send it readable all the same: "
        "clear_password = true"
    )


def unsigned_certificate(endpoint: str) -> str:
    """A user certificate without proof of its key proves nothing."""
    return (
        f"the server at {endpoint} takes user certificates only unsigned with this security; set security to a policy "
        "that it offers, or give the user token a policy there"
    )


def of_channel(
    error: BaseException, endpoint: str, own: Own | None, now: datetime, clock_ahead: timedelta
) -> ConnectionLost | Misconfigured:
    """A failed secure channel or CreateSession: nearly always about certificates.

    Servers hide the reason on purpose (BadSecurityChecksFailed, OPC 10000-4 §6.1.3); what this side can see of it, the
    dates, is said.
    """
    if isinstance(error, InvalidSignature):
        return Misconfigured(
            f"the server at {endpoint} cannot prove that the certificate it shows is its own; "
            "restart it, or make a new certificate there"
        )
    if own is None:
        return advice.explain(error, endpoint)
    if isinstance(error, UaStatusCodeError):
        name = status_name(error.code)
        text = _about_own(name, own, now + clock_ahead, clock_ahead)
        if text is not None:
            return Misconfigured(f"the server at {endpoint} {text} ({name})")
    elif isinstance(error, ConnectionError) and not isinstance(error, ConnectionRefusedError):
        return ConnectionLost(
            f"the server at {endpoint} closed the connection when it saw this agent's certificate; {_trust_it(own)}"
        )
    return advice.explain(error, endpoint)


def is_unencrypted(error: BaseException) -> bool:
    """Whether the server refuses to speak without encryption (or with the policy asked for)."""
    if isinstance(error, UaStatusCodeError):
        return status_name(error.code) in _UNENCRYPTED
    return isinstance(error, UaError) and "No matching endpoints" in str(error)


def of_sign_in(
    error: BaseException, endpoint: str, user: str | None, user_certificate: str | None
) -> ConnectionLost | Misconfigured:
    """A failed ActivateSession: nearly always about the user. `user_certificate` is its file and thumbprint."""
    if not isinstance(error, UaStatusCodeError):
        return advice.explain(error, endpoint)
    name = status_name(error.code)
    if user_certificate is not None and (name in _USERS or name in _UNTRUSTED or name.startswith("BadCertificate")):
        text = (
            f"does not accept the user certificate {user_certificate}: put it among the trusted USER certificates "
            "there (not those of applications), and allow that user to read"
        )
    elif name not in _USERS:
        return advice.explain(error, endpoint)
    elif user is not None:
        text = (
            f"refuses user {user!r} or the password: check both; at the server, that the user exists, is not locked, "
            "and may connect and read"
        )
    else:
        text = "refuses anonymous users; allow anonymous reading there, or set username and password_file"
    return Misconfigured(f"the server at {endpoint} {text} ({name})")


def _about_own(name: str, own: Own, there: datetime, clock_ahead: timedelta) -> str | None:
    """What a server says of this agent's certificate; `there` is the time by the server's clock."""
    begins = own.certificate.not_valid_before_utc
    outside = not begins <= there <= own.ends
    if name in {"BadCertificateTimeInvalid", "BadCertificateIssuerTimeInvalid"} or (name in _UNTRUSTED and outside):
        return (
            f"does not take this agent's certificate at this time: it is valid from {begins:%Y-%m-%d} to "
            f"{own.ends:%Y-%m-%d}, there it is {there:%Y-%m-%d}{_clocks(clock_ahead)}; correct the clock that is "
            "wrong, or make a new certificate here with tsunagu-agent trust renew and trust it there"
        )
    if name in _UNTRUSTED:
        return f"does not trust this agent's certificate: {_trust_it(own)}"
    if name in {"BadCertificateUriInvalid", "BadCertificateHostNameInvalid"}:
        return (
            f"does not find what it expects in this agent's certificate ({own.uri}): remove all older certificates of "
            f"this agent there and trust {own.file}, thumbprint {own.thumbprint}"
        )
    if name == "BadCertificateRevoked":
        return f"has this agent's certificate on its list of revoked ones: take {own.thumbprint} off that list there"
    if name.startswith("BadCertificate"):
        return (
            f"cannot use this agent's certificate: allow RSA keys of {own.key.key_size} bits with SHA-256 there, or "
            "choose another security"
        )
    if name == "BadInvalidTimestamp":
        return f"does not accept this computer's time{_clocks(clock_ahead)}; set the clocks of both"
    return None


def _trust_it(own: Own) -> str:
    """What to press at the server."""
    return (
        f'at the server, move "{own.name}", thumbprint {own.thumbprint}, from the rejected to the trusted '
        f"certificates; where it is not listed, import {own.file} there"
    )


def _clocks(ahead: timedelta) -> str:
    """How far the server's clock is off, where that is worth saying.

    >>> _clocks(timedelta(hours=-3))
    ", the server's clock is 3 h behind this computer's"
    """
    if abs(ahead) < NOTABLE:
        return ""
    seconds = abs(ahead).total_seconds()
    size, unit = next(pair for pair in ((86_400, "days"), (3600, "h"), (60, "min")) if seconds >= 2 * pair[0])
    text = f"{seconds / size:.0f} {unit}"
    return f", the server's clock is {text} {'ahead of' if ahead > timedelta() else 'behind'} this computer's"
