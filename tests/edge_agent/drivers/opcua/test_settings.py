"""What may stand in an OPC UA machine's tables, and what is said where it may not."""

import pytest
from pydantic import ValidationError

from edge_agent.drivers.opcua.addresses import ConditionSettings, SignalSettings, split_node
from edge_agent.drivers.opcua.quirks import DEFAULT, quirk_of
from edge_agent.drivers.opcua.settings import ConnectionSettings


@pytest.mark.parametrize(
    ("node", "namespace", "identifier"),
    [
        ("ns=2;s=Execution", 2, "s=Execution"),
        ("ns=2;s=a;b=c", 2, "s=a;b=c"),
        ("i=85", 0, "i=85"),
        ("nsu=urn:example:m;s=x", "urn:example:m", "s=x"),
        ("nsu=http://example.com/UA/;i=7", "http://example.com/UA/", "i=7"),
        ("ns=3;g=09087e75-8e5e-499b-954f-f2a9603db28a", 3, "g=09087e75-8e5e-499b-954f-f2a9603db28a"),
    ],
)
def test_nodes_as_people_write_them(node: str, namespace: str | int, identifier: str):
    assert split_node(node) == (namespace, identifier)
    assert SignalSettings(node=node).node == node


@pytest.mark.parametrize("node", ["", "Execution", "ns=2", "ns=x;s=a", "s=", "i=abc", "/Objects/2:Machine"])
def test_other_nodes_are_refused_with_the_form_to_write(node: str):
    with pytest.raises(ValidationError, match="nsu=NAMESPACE-URI;s=NAME"):
        ConditionSettings(node=node)


@pytest.mark.parametrize(
    "endpoint", ["", "192.0.2.10", "http://192.0.2.10", "opc.tcp://", "opc.tcp://h:0", "opc.tcp://u:p@h:4840"]
)
def test_other_endpoints_are_refused(endpoint: str):
    with pytest.raises(ValidationError, match=r"opc\.tcp://HOST:PORT"):
        ConnectionSettings(endpoint=endpoint)


@pytest.mark.parametrize(
    "endpoint", ["opc.tcp://192.0.2.10:4840", "opc.tcp://machine/UA/Server", "opc.tcp://[::1]:4840"]
)
def test_endpoints_as_servers_show_them(endpoint: str):
    assert ConnectionSettings(endpoint=endpoint).endpoint == endpoint


def test_a_security_policy_that_is_broken_is_refused():
    with pytest.raises(ValidationError, match="security"):
        ConnectionSettings(endpoint="opc.tcp://192.0.2.10:4840", security="Basic128Rsa15")


def test_a_server_nobody_described_gets_the_defaults():
    assert quirk_of("", "") == DEFAULT
    assert quirk_of("SIEMENS AG", "OPC UA Server S7-1200").items_per_call == 100


def test_a_browse_path_names_a_variable_as_a_node_id_does():
    found = SignalSettings(browse="/Objects/nsu=http://example.com/UA/;Line 1/3:Speed&/Feed")
    (way,) = found.place.ways
    assert way.steps == ((0, "Objects"), ("http://example.com/UA/", "Line 1"), (3, "Speed/Feed"))
    assert SignalSettings(browse="/Root/Objects/2:Name").place.ways[0].steps == ((0, "Objects"), (2, "Name"))


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "by node or by browse"),
        ({"node": "ns=2;s=X", "browse": "/Objects/2:X"}, "by node or by browse"),
        ({"browse": "Objects/2:X"}, "write /Objects/"),
        ({"browse": "/"}, "write /Objects/"),
        ({"browse": "/Objects//2:X"}, "write /Objects/"),
        ({"browse": "/Objects/nsu=urn:x"}, "write /Objects/"),
    ],
)
def test_what_is_said_of_a_place_that_is_none(fields: dict[str, str], says: str):
    with pytest.raises(ValidationError, match=says):
        SignalSettings(**fields)
