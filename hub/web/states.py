"""How each machine state looks: its order, its height in a strip, how much it asks for a look.

A state is always told three ways: by colour (CSS ``[data-s]``), by word (`i18n`) and by shape (the glyphs of
``templates/glyphs.html``; in strips, height). What a state *means* is `timeline.state_model`'s affair.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Look:
    """`level`: height in a strip, 0..1 · `urgency`: 0 is looked at first."""

    state: str
    level: float
    urgency: int


LOOKS: Final[dict[str, Look]] = {
    look.state: look
    for look in (
        Look("running", 1.0, 6),
        Look("held", 0.76, 2),
        Look("manual", 0.62, 3),
        Look("setup", 0.62, 4),
        Look("maintenance", 0.62, 5),
        Look("idle", 0.38, 7),
        Look("alarm", 1.0, 0),
        Look("off", 0.14, 8),
        Look("unknown", 1.0, 1),
    )
}
STATES: Final = tuple(LOOKS)


def look(state: str | None) -> Look:
    """The look of a state; a word that is none of ours, or none at all, looks unknown."""
    return LOOKS.get(state or "unknown", LOOKS["unknown"])
