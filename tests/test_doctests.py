"""Every example in a docstring is true."""

import doctest
import importlib
import pkgutil

import pytest

import contract
import hub.ledger

MODULES = [
    name
    for package in (contract, hub.ledger)
    for _, name, _ in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")
] + [
    "hub.access.params",
    "hub.timeline.state_model",
    "hub.web.pages_account",
    "edge_agent.drivers.opcua.addresses",
    "edge_agent.drivers.opcua.certificate",
    "edge_agent.drivers.opcua.pins",
    "edge_agent.drivers.opcua.refusals",
    "edge_agent.drivers.mqtt.addresses",
    "edge_agent.drivers.mqtt.paths",
    "edge_agent.drivers.mqtt.settings",
    "edge_agent.drivers.mqtt.times",
    "edge_agent.drivers.mqtt.topics",
    "edge_agent.templates",
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
