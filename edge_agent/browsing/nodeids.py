"""Node ids as people write them (`nsu=URI;s=NAME`) ↔ as this server numbers them today. Pure."""

from collections.abc import Sequence

from asyncua import ua

from edge_agent.drivers.opcua.addresses import split_node


def text_of(node: ua.NodeId, namespaces: Sequence[str]) -> str | None:
    """A node with its namespace's URI; None for a null id and for a node of another server.

    >>> text_of(ua.NodeId("Axis;X", 1), ("http://opcfoundation.org/UA/", "urn:example:machine"))
    'nsu=urn:example:machine;s=Axis;X'
    >>> text_of(ua.NodeId(2258), ())
    'i=2258'
    """
    if getattr(node, "ServerIndex", 0) or node.is_null():
        return None
    uri = getattr(node, "NamespaceUri", None)
    plain = ua.NodeId(node.Identifier, ua.Int16(0), node.NodeIdType).to_string()
    if uri is None and node.NamespaceIndex == 0:
        return plain
    if uri is None and node.NamespaceIndex < len(namespaces):
        uri = namespaces[node.NamespaceIndex]
    return f"nsu={uri};{plain}" if uri else f"ns={node.NamespaceIndex};{plain}"


def node_of(text: str, namespaces: Sequence[str]) -> ua.NodeId | None:
    """The node as this server numbers it; None where it has no such namespace. ValueError where it is no node id."""
    namespace, identifier = split_node(text)
    if isinstance(namespace, str):
        if namespace not in namespaces:
            return None
        namespace = namespaces.index(namespace)
    return ua.NodeId.from_string(f"ns={namespace};{identifier}")
