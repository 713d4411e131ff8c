"""What went wrong with a server or a node, and what to do about it, in plain words. Pure.

Certificates, policies and users are the matter of `refusals.py`.
"""

import socket
from typing import Final

from asyncua.ua.uaerrors import UaError, UaStatusCodeError

from edge_agent.drivers.opcua.decode import status_name
from edge_agent.drivers.port import ConnectionLost, Misconfigured

LINK_ERRORS: Final = (OSError, TimeoutError, UaError)
"""What a service call can raise; everything else is a fault of ours and is not hidden."""

_UNASKED: Final = "does not tell without encryption what it offers; allow discovery (GetEndpoints, policy None) there"
_REFUSALS: Final = {
    "BadSecurityPolicyRejected": _UNASKED,
    "BadSecurityModeRejected": _UNASKED,
    "BadSecurityModeInsufficient": "does this only with encryption; set security to a policy that it offers",
    "BadUserAccessDenied": "refuses this user; allow it to read there",
    "BadTcpEndpointUrlInvalid": "knows no endpoint of this name; check host, port and path of endpoint",
}
_HINTS: Final = {
    "BadTooManySessions": "has no session left; close other clients or raise its limit",
    "BadTooManySubscriptions": "has no subscription left; close other clients or raise its limit",
    "BadOutOfMemory": "is out of memory; restart it or read fewer nodes",
    "BadTimeout": "did not answer in time; it may be overloaded",
    "BadServerHalted": "is shutting down",
    "BadShutdown": "is shutting down",
    "BadSessionIdInvalid": "has forgotten this session, it probably restarted",
    "BadSessionClosed": "has closed this session",
    "BadSecureChannelClosed": "has closed the channel",
    "BadSecureChannelIdInvalid": "has forgotten this channel, it probably restarted",
    "BadNoSubscription": "has dropped the subscription",
    "BadSubscriptionIdInvalid": "has dropped the subscription",
}
_NODE_HINTS: Final = {
    "BadNodeIdUnknown": "this server has no such node; check spelling, upper and lower case, and the namespace",
    "BadNodeIdInvalid": "this is no node id the server can read; write ns=2;s=Name or nsu=urn:…;s=Name",
    "BadAttributeIdInvalid": "this node has no value (an object or folder?); name the variable below it",
    "BadUserAccessDenied": "the server does not let this user read it; give read rights there",
    "BadNotReadable": "the server does not allow reading it; give read rights there",
    "BadTooManyMonitoredItems": "the server monitors no more nodes; read fewer or raise its limit",
    "BadOutOfMemory": "the server is out of memory for one more node; read fewer or ask a smaller queue_size",
    "BadMonitoringModeInvalid": "the server does not report changes of this node",
}
_VALUE_HINTS: Final = {
    "NoValue": "the node is empty (null)",
    "BadWaitingForInitialData": "the server has not read it from the machine yet; try again in a while",
    "BadNoCommunication": "the server has lost its connection to the machine's control; check there",
    "BadNotConnected": "the server is not connected to the machine's control; check there",
    "BadNoData": "the machine gives no data for it now",
}


def explain(error: BaseException, endpoint: str) -> ConnectionLost | Misconfigured:
    """A failed call as the decision it asks for: retry (ConnectionLost) or let a person look (Misconfigured)."""
    if isinstance(error, UaStatusCodeError):
        name = status_name(error.code)
        if name in _REFUSALS:
            return Misconfigured(f"the server at {endpoint} {_REFUSALS[name]} ({name})")
        return ConnectionLost(f"the server at {endpoint} {_HINTS.get(name, 'answered with an error')} ({name})")
    match error:
        case ConnectionRefusedError():
            text = "nothing listens there; is the machine on, its OPC UA server started, the port right?"
        case socket.gaierror():
            text = "this host name is not known here; check it or write the IP address"
        case TimeoutError():
            text = "no answer in time; check cable, address and firewall"
        case ConnectionError():
            text = "the connection was closed; is an OPC UA server running there, and staying up?"
        case OSError():
            text = f"{error.strerror or error}; check network and address"
        case _:
            text = f"it answered what cannot be read: {error}"
    return ConnectionLost(f"{endpoint}: {text}")


def about_node(node: str, status: int) -> str:
    """Why a node cannot be monitored, and what to do."""
    name = status_name(status)
    return f"{node}: {_NODE_HINTS.get(name, 'the server refuses it')} ({name})"


def about_value(node: str, code: str) -> str:
    """Why a node has no usable value now, and what to do."""
    hint = _NODE_HINTS.get(code, _VALUE_HINTS.get(code, "the server has no good value for it now"))
    return f"{node}: {hint} ({code})"
