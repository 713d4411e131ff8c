"""What `check` shows for one address, as the drivers answer it (port.Probe)."""

from dataclasses import dataclass


@dataclass(slots=True)
class Probed:
    """One address tried once. `advice` says in plain words what to do where it is not `ok`."""

    address: int
    ok: bool
    value: object = None
    quality: str = "good"
    age_s: float | None = None
    advice: str | None = None
