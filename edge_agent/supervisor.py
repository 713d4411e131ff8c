"""All machines and the uplink in one task group; one sick part never stops another.

A part that fails in a way nobody foresaw is logged, shown in its reason and started again after a wait: this is
the agent's one place with a broad `except`. `run` ends in order within five seconds of being asked: drivers close,
open blocks are closed, the file is closed.
"""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

import structlog

from edge_agent import computer, health, healthz, rotation
from edge_agent.backoff import Backoff
from edge_agent.buffer.buffer import FILE_NAME, Buffer
from edge_agent.buffer.gauge import Limits
from edge_agent.buffer.model import BufferClosed, StorageError
from edge_agent.clocks import Clocks
from edge_agent.credential import Credential
from edge_agent.hub_client import HubClient
from edge_agent.machine import Pipeline
from edge_agent.settings import Settings
from edge_agent.timekeeping import Timekeeper
from edge_agent.uplink import Uplink

HEALTH_S: Final = 2.0
TIDY_ROUNDS: Final = 30
"""Memory is given back after the first round of health and then once a minute."""
CLOSE_S: Final = 2.5
UNFORESEEN_S: Final = 30.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Outside:
    """What the agent needs from outside: clocks, randomness in [0, 1), the credential it holds."""

    clocks: Clocks
    random: Callable[[], float]
    held: Credential


def limits_of(settings: Settings) -> Limits:
    """The buffer's bounds as configured."""
    return Limits(max_bytes=settings.buffer.max_mb * 2**20, max_age_us=int(settings.buffer.max_days * 86_400_000_000))


async def run(settings: Settings, outside: Outside, stop: asyncio.Event) -> None:
    """Runs the agent until `stop` is set.

    Raises AlreadyRunning, StorageError or OSError where it cannot begin, StorageError where the buffer ended.
    """
    folder = settings.agent.data_dir
    folder.mkdir(parents=True, exist_ok=True)
    with computer.lock_folder(folder):
        client = rotation.connect(settings, outside.held)
        opening = replace(outside.clocks, checked=lambda: False)
        buffer = await Buffer.open(folder / FILE_NAME, limits_of(settings), opening)
        try:
            await _run_parts(settings, outside, buffer, client, stop)
        except ExceptionGroup as group:
            ended = group.subgroup(StorageError)
            if ended is None:
                raise
            raise StorageError(str(ended.exceptions[0])) from group
        finally:
            await buffer.close()
            await client.close()
        log.info("stopped")


async def _run_parts(
    settings: Settings, outside: Outside, buffer: Buffer, client: HubClient, stop: asyncio.Event
) -> None:
    keeper = Timekeeper(buffer, outside.clocks, computer.steady, computer.boot_id())
    agent, clocks, random = settings.agent, keeper.clocks, outside.random
    pipelines = [
        Pipeline(agent.id, agent.site, machine, agent.data_dir, buffer, clocks, random) for machine in settings.machines
    ]
    for pipeline in pipelines:
        keeper.tell(pipeline.clock_set)
    uplink = Uplink(
        agent.id, buffer, client, clocks, random, lambda: tuple(pipeline.status() for pipeline in pipelines)
    )

    def report() -> health.Health:
        return health.take(
            agent.id, agent.site, settings.hub.url, clocks.now_us(), buffer.stats, uplink.report, pipelines
        )

    def show() -> None:
        if buffer.works():
            computer.notify("WATCHDOG=1")
        health.write(agent.data_dir, report())

    log.info("started", agent=agent.id, machines=len(pipelines), data_dir=str(agent.data_dir))
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_kept_up(part.run, part.key, random, part.sick)) for part in pipelines]
        tasks.append(group.create_task(_kept_up(uplink.run, "uplink", random, uplink.sick)))
        tasks.append(
            group.create_task(_kept_up(lambda: rotation.keep_fresh(client, random), "credential", random, _nobody))
        )
        tasks.append(group.create_task(_watch(pipelines, show)))
        tasks.append(group.create_task(keeper.run()))
        if (port := settings.health.port) is not None:
            answer = partial(healthz.serve, port, report, buffer.works)
            tasks.append(group.create_task(_kept_up(answer, "healthz", random, _nobody)))
        if settings.terminal.listen is not None:
            serve = partial(_serve_terminal, settings, buffer, client, keeper, outside, pipelines)
            tasks.append(group.create_task(_kept_up(serve, "terminal", random, _nobody)))
        tasks.append(group.create_task(buffer.watch()))  # without its buffer the agent must not look alive
        computer.notify("READY=1")
        try:
            await stop.wait()
            log.info("stopping")
            computer.notify("STOPPING=1")
        finally:
            await _end(tasks)
    _show_last(agent.data_dir, show)


async def _serve_terminal(
    settings: Settings,
    buffer: Buffer,
    client: HubClient,
    keeper: Timekeeper,
    outside: Outside,
    pipelines: list[Pipeline],
) -> None:
    from edge_agent.terminal import serving  # noqa: PLC0415 - its libraries are an extra, and memory

    around = serving.Around(
        buffer, client, keeper.clocks, outside.random, lambda: tuple(pipeline.status() for pipeline in pipelines),
        {pipeline.key: pipeline.settings.table.name for pipeline in pipelines},
    )  # fmt: skip
    await serving.run(settings, around)


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    """Asks all to end; who is still tidying up when time is over is asked again, which cuts that short."""
    pending = set(tasks)
    for wait_s in (CLOSE_S, 0.5, 0.5):
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=wait_s)
        if not pending:
            return


async def _kept_up(
    run_part: Callable[[], Awaitable[None]], name: str, random: Callable[[], float], sick: Callable[[str], None]
) -> None:
    """Runs a part for ever; what it did not foresee is logged, shown, and it begins again."""
    backoff = Backoff(random, UNFORESEEN_S)
    while True:
        try:
            await run_part()
        except BufferClosed:
            return
        except Exception as error:
            wait_s = backoff.next_s()
            log.exception("a part failed and begins again", part=name, again_in_s=round(wait_s, 1))
            sick(f"failed unexpectedly ({type(error).__name__}: {error}); it begins again by itself")
            await asyncio.sleep(wait_s)


async def _watch(pipelines: list[Pipeline], show: Callable[[], None]) -> None:
    """Every two seconds: health is written, a new epoch hears of the machines."""
    for turn in itertools.count():
        try:
            show()
        except OSError as error:
            log.warning("status cannot be written", reason=str(error))
        for pipeline in pipelines:
            try:
                async with asyncio.timeout(HEALTH_S):
                    await pipeline.announce()
            except (TimeoutError, BufferClosed):
                continue
        if turn % TIDY_ROUNDS == 1:
            computer.give_back_memory()
        await asyncio.sleep(HEALTH_S)


def _nobody(_reason: str) -> None:
    """Its fault is in the log; nothing else shows it."""


def _show_last(folder: Path, show: Callable[[], None]) -> None:
    try:
        show()
    except OSError as error:
        log.warning("status cannot be written", folder=str(folder), reason=str(error))
