"""The link to an OPC UA server: what is said when it fails, and how it comes back."""

import signal
import socket
import time
from collections.abc import Callable

import pytest
from asyncua import ua
from asyncua.ua.uaerrors import UaError, UaStatusCodeError

from edge_agent.drivers.opcua import advice, rollcall, subscription
from edge_agent.drivers.port import ConnectionLost, Driver, Misconfigured
from tests.support.drivers import running
from tests.support.opcua import URI, opcua_process, opcua_server
from tests.support.servers import eventually, free_port

Drivers = Callable[..., Driver]
VALUE = f"nsu={URI};s=Value"


async def test_nobody_there_is_a_lost_connection_that_says_what_to_look_at(driver_of: Drivers):
    async with running(driver_of(f"opc.tcp://127.0.0.1:{free_port()}", VALUE)) as run:
        why = await run.ended()
    assert isinstance(why, ConnectionLost)
    assert "nothing listens there" in str(why)
    assert run.feed.connects == 0


async def test_a_host_that_accepts_but_never_answers_is_given_up(driver_of: Drivers):
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        endpoint = f"opc.tcp://127.0.0.1:{deaf.getsockname()[1]}"
        async with running(driver_of(endpoint, VALUE, connect_timeout_s=0.3)) as run:
            why = await run.ended()
    assert isinstance(why, ConnectionLost)
    assert "no answer in time" in str(why)


async def test_a_killed_server_is_noticed_and_read_anew_when_it_is_back(driver_of: Drivers):
    port = free_port()
    driver = driver_of(f"opc.tcp://127.0.0.1:{port}", VALUE)
    with opcua_process(port) as first:
        async with running(driver) as run:
            await eventually(lambda: run.feed.readings)
            assert run.feed.values(0) == [first.pid]
            first.kill()
            assert isinstance(await run.ended(), ConnectionLost)
    with opcua_process(port) as second:
        async with running(driver) as run:
            await eventually(lambda: run.feed.readings)
            assert run.feed.values(0) == [second.pid]


async def test_a_server_that_hangs_is_noticed_by_its_silence(driver_of: Drivers, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(subscription, "KEEP_ALIVE_S", 0.2)
    port = free_port()
    with opcua_process(port) as server:
        async with running(driver_of(f"opc.tcp://127.0.0.1:{port}", VALUE)) as run:
            await eventually(lambda: len(run.feed.lives_us) > 2, what="keep-alives")
            last = run.feed.lives_us[-1]
            server.send_signal(signal.SIGSTOP)
            started = time.monotonic()
            why = await run.ended()
            assert time.monotonic() - started < 20
            assert isinstance(why, ConnectionLost)
            assert "no sign of life" in str(why)
            assert run.feed.lives_us[-1] - last < 2_000_000


async def test_a_server_that_hangs_is_noticed_also_while_it_owes_an_answer(
    driver_of: Drivers, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(subscription, "KEEP_ALIVE_S", 0.2)
    monkeypatch.setattr(rollcall, "EVERY_S", 0.0)  # something is asked all the time
    port = free_port()
    with opcua_process(port) as server:
        async with running(driver_of(f"opc.tcp://127.0.0.1:{port}", VALUE, request_timeout_s=120)) as run:
            await eventually(lambda: len(run.feed.lives_us) > 2, what="keep-alives")
            server.send_signal(signal.SIGSTOP)
            why = await run.ended()
    assert isinstance(why, ConnectionLost)
    assert "no sign of life" in str(why)
    assert why.at_once


async def test_nodes_are_found_by_their_namespace_after_the_server_was_set_up_anew(driver_of: Drivers):
    port = free_port()
    driver = driver_of(f"opc.tcp://127.0.0.1:{port}", VALUE)
    for namespaces in ((URI,), ("urn:example:other", URI)):
        async with opcua_server(port, namespaces) as machine:
            await machine.add("Value", machine.index, ua.VariantType.Int32)
            async with running(driver) as run:
                await eventually(lambda feed=run.feed: feed.readings)
                assert run.feed.values(0) == [machine.index]


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        (UaStatusCodeError(ua.StatusCodes.BadSecurityPolicyRejected), Misconfigured, "allow discovery"),
        (UaStatusCodeError(ua.StatusCodes.BadUserAccessDenied), Misconfigured, "refuses this user"),
        (UaStatusCodeError(ua.StatusCodes.BadTooManySessions), ConnectionLost, "no session left"),
        (UaStatusCodeError(ua.StatusCodes.BadInternalError), ConnectionLost, "BadInternalError"),
        (UaError("what is this"), ConnectionLost, "cannot be read: what is this"),
        (socket.gaierror(-2, "Name or service not known"), ConnectionLost, "host name"),
        (TimeoutError(), ConnectionLost, "no answer in time"),
        (OSError(113, "No route to host"), ConnectionLost, "No route to host"),
    ],
)
def test_every_failure_says_what_where_and_what_to_do(error: Exception, kind: type, says: str):
    told = advice.explain(error, "opc.tcp://192.0.2.10:4840")
    assert isinstance(told, kind)
    assert says in str(told)
    assert "opc.tcp://192.0.2.10:4840" in str(told)
    assert "\n" not in str(told)
