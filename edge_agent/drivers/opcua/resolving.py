"""Nodes as people write them → nodes as this server numbers them today (OPC 10000-4 §5.8.4)."""

from collections.abc import Sequence

from asyncua import ua

from edge_agent.drivers.opcua import advice
from edge_agent.drivers.opcua.addresses import split_node


def resolve(node: str, namespaces: Sequence[str]) -> ua.NodeId | str:
    """The node in a server with these namespaces, or why it is not there, in plain words."""
    namespace, identifier = split_node(node)
    if isinstance(namespace, str):
        if namespace not in namespaces:
            known = ", ".join(namespaces[1:]) or "none of its own"
            return f"{node}: this server has no namespace {namespace}; it has {known}"
        namespace = namespaces.index(namespace)
    try:
        return ua.NodeId.from_string(f"ns={namespace};{identifier}")
    except advice.LINK_ERRORS as error:
        return f"{node}: this is no node id ({error})"
