"""Which of our signals a machine's variables may be, and why. Pure: names, types, values in; proposals out.

A proposal is never more than that: the person who knows the machine reads it, and `check` shows the values. One
variable is proposed for one signal; the best fit wins, the next best is named. Scores are 0..1.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import Final, Literal

import msgspec

from contract.signals import DICTIONARY, WORDS
from edge_agent.browsing.vocabulary import CONDITIONS, NAMES, SWITCHES, TELEMETRY, TOWER
from edge_agent.browsing.wording import Lexicon, snake, tokens, translated, ucum
from edge_agent.reading import Raw

ENOUGH: Final = 0.6
SURE: Final = 0.85
MAX_NUMBERS: Final = 24
MAX_CONDITIONS: Final = 8


class Candidate(msgspec.Struct, frozen=True):
    """A variable or a value in a message, whatever the protocol. `key` is how its driver finds it.

    `words`: what an enumeration's numbers mean; the driver then reports the text, not the number.
    """

    key: str
    name: str
    above: tuple[str, ...] = ()
    """Names of what it stands in, outermost first."""
    value: Raw = None
    type: str = ""
    unit: str | None = None
    words: dict[str, str] = {}
    usable: bool = True


class Proposal(msgspec.Struct, frozen=True):
    """A signal (or condition) and the variable it may be read from."""

    signal: str
    candidate: Candidate
    score: float
    why: str
    map: dict[str, str] | None = None
    unit: str | None = None
    advice: str | None = None
    """What a person must still say or look at."""
    others: tuple[str, ...] = ()
    """Keys of the next best."""
    format: str = "text"
    """Conditions: how the alarm is told."""


class Mapping(msgspec.Struct, frozen=True):
    """All that is proposed for one machine. `left_out` counts numbers that were too many to propose."""

    signals: tuple[Proposal, ...]
    conditions: tuple[Proposal, ...]
    state_model: str
    left_out: int = 0
    advice: str | None = None


def propose(candidates: Sequence[Candidate]) -> Mapping:
    """The mapping of one machine's variables."""
    usable = [candidate for candidate in candidates if candidate.usable]
    known = _dictionary(usable)
    taken = {proposal.candidate.key for proposal in known}
    conditions = _conditions([candidate for candidate in usable if candidate.key not in taken])
    taken |= {proposal.candidate.key for proposal in conditions}
    used = {proposal.signal for proposal in (*known, *conditions)}
    numbers = _numbers([candidate for candidate in usable if candidate.key not in taken], used)
    names = {proposal.signal for proposal in known}
    model = state_model(names)
    return Mapping(
        signals=(*known, *numbers[:MAX_NUMBERS]),
        conditions=tuple(conditions),
        state_model=model or "mtconnect",
        left_out=max(len(numbers) - MAX_NUMBERS, 0),
        advice=None if model else "nothing here tells whether the machine runs; without execution its state is unknown",
    )


def state_model(names: Iterable[str]) -> str | None:
    """The state model these signals serve; None where they tell no state.

    >>> state_model({"execution", "tower_red"}), state_model({"tower_green"}), state_model({"program"})
    ('mtconnect', 'tower', None)
    """
    found = set(names)
    for model, needs in (
        ("mtconnect", {"execution"}),
        ("machinery", {"item_state"}),
        ("state", {"state"}),
        ("tower", {"tower_red", "tower_yellow", "tower_green", "tower_blue"}),
    ):
        if found & needs:
            return model
    return None


@cache
def _lexicon(of: Literal["names", "conditions", "numbers"]) -> Lexicon:
    meanings: dict[str, dict[str, tuple[str, ...]]] = {
        "names": NAMES, "conditions": {"alarm": CONDITIONS}, "numbers": TELEMETRY
    }  # fmt: skip
    return Lexicon(meanings[of])


def scores(candidate: Candidate) -> Iterator[tuple[str, float, str]]:
    """The signals a candidate may be, how likely, and why in a few words."""
    for signal, named in _lexicon("names").scores(candidate.name, _above(candidate)).items():
        if named >= 0.5 and _lit(signal, candidate):
            fit, why = _fits(signal, candidate)
            yield signal, max(0.0, min(1.0, named * 0.85 + fit)), why


def _above(candidate: Candidate) -> str:
    return candidate.above[-1] if candidate.above else ""


def _lit(signal: str, candidate: Candidate) -> bool:
    """A colour is a lamp only where a name speaks of lamps; the power of a laser is no switch."""
    if signal.startswith("tower_"):
        return any(word in text.casefold() for text in (*candidate.above, candidate.name) for word in TOWER)
    if signal in ("power", "state"):
        return isinstance(candidate.value, bool) or _said(signal, candidate) is not None or bool(candidate.words)
    return True


def _said(signal: str, candidate: Candidate) -> str | None:
    return translated(signal, candidate.value) if isinstance(candidate.value, str) else None


def _fits(signal: str, candidate: Candidate) -> tuple[float, str]:
    """What type and value add to the name, or take from it."""
    kind, value = DICTIONARY[signal], candidate.value
    is_text = isinstance(value, str) or (value is None and candidate.type in ("String", "LocalizedText"))
    is_flag = isinstance(value, bool) or candidate.type == "Boolean"
    if kind == "word":
        if candidate.words:
            hits = [text for text in candidate.words.values() if translated(signal, text)]
            return (0.2, f"its numbers mean {', '.join(hits[:3])}") if hits else (-0.2, "")
        if isinstance(value, str):
            found = translated(signal, value)
            return (0.2, f"it says {value}") if found else (-0.15, "")
        if is_flag:
            return (0.05, "true or false") if signal in SWITCHES or "ON" in WORDS[signal] else (-0.3, "")
        return (0.0, "") if is_text else (-0.15, "a number whose meaning the server does not tell")
    if kind == "text":
        return (-0.4, "") if is_flag else (0.1, "")
    if kind == "flag":
        return (0.1, "true or false") if is_flag else (-0.15, "")
    if is_flag:
        return -0.5, ""
    if is_text:
        return (0.0, "a number as text") if isinstance(value, str) and value.strip().isdigit() else (-0.4, "")
    whole = not isinstance(value, float) or value.is_integer()
    return (0.1, "a whole number" if kind == "counter" else "a number") if whole or kind == "number" else (-0.3, "")


def _dictionary(candidates: Sequence[Candidate]) -> list[Proposal]:
    """One candidate for each signal of the dictionary: the surest pair first, each used once."""
    ranked = [
        (found, -len(candidate.above), -place, signal, why)
        for place, candidate in enumerate(candidates)
        for signal, found, why in scores(candidate)
        if found >= ENOUGH
    ]
    ranked.sort(key=lambda row: row[:3], reverse=True)
    chosen: dict[str, Proposal] = {}
    taken: set[int] = set()
    others: dict[str, list[str]] = {}
    for found, _, place, signal, why in ranked:
        if signal not in chosen and place not in taken:
            taken.add(place)
            chosen[signal] = _proposal(signal, candidates[-place], found, why)
        elif signal in chosen and candidates[-place].key != chosen[signal].candidate.key:
            others.setdefault(signal, []).append(candidates[-place].key)
    order = list(NAMES)
    used = {proposal.candidate.key for proposal in chosen.values()}
    return [
        msgspec.structs.replace(
            chosen[signal], others=tuple(key for key in others.get(signal, ()) if key not in used)[:2]
        )
        for signal in sorted(chosen, key=order.index)
    ]


def _proposal(signal: str, candidate: Candidate, found: float, why: str) -> Proposal:
    words, advice = map_for(signal, candidate)
    return Proposal(signal, candidate, round(found, 2), _reason(signal, candidate, why), words, advice=advice)


def _reason(signal: str, candidate: Candidate, why: str) -> str:
    """Why, without saying that a signal is called as it is called."""
    named = "" if snake(candidate.name) == signal else f"called {'/'.join((*candidate.above[-1:], candidate.name))}"
    return ", ".join(part for part in (named, why) if part)


def map_for(signal: str, candidate: Candidate) -> tuple[dict[str, str] | None, str | None]:
    """The map from a machine's words to ours, and what a person must still say; (None, None) where none is needed."""
    if DICTIONARY.get(signal) != "word":
        return None, None
    ours, value = WORDS[signal], candidate.value
    if candidate.words:
        texts = list(dict.fromkeys(candidate.words.values()))
        made = {text: word for text in texts if (word := translated(signal, text)) and word != text.upper()}
        silent = [text for text in texts if translated(signal, text) is None]
        advice = f"say what these mean: {', '.join(silent[:6])}; known: {', '.join(ours)}" if silent else None
        return made or None, advice
    if isinstance(value, bool) or candidate.type == "Boolean":
        if "ON" in ours or signal not in SWITCHES:
            return None, None
        true, false = SWITCHES[signal]
        return {"true": true, "false": false}, "look whether true and false are not the other way round"
    if isinstance(value, str):
        found = translated(signal, value)
        if found is None:
            return None, f'say what its words mean: map = {{ "{value[:40]}" = "{ours[0]}" }}; known: {", ".join(ours)}'
        return ({value: found}, "add its other words as you see them") if found != value.upper() else (None, None)
    if value is None:
        return None, f"no value now; it must say one of {', '.join(ours)}, or have a map"
    return None, f'say what its numbers mean: map = {{ 1 = "{ours[0]}", … }}; known: {", ".join(ours)}'


def _conditions(candidates: Sequence[Candidate]) -> list[Proposal]:
    found: list[Proposal] = []
    names: set[str] = set()
    for candidate in candidates:
        if max(_lexicon("conditions").scores(candidate.name, _above(candidate)).values(), default=0.0) < ENOUGH:
            continue
        name = _free(snake(candidate.name) or "alarm", candidate, names)
        names.add(name)
        advice = None
        if isinstance(candidate.value, int | float) and not isinstance(candidate.value, bool):
            advice = "0 is taken for no alarm, any other number for its code"
        found.append(
            Proposal(name, candidate, 0.7, _reason(name, candidate, ""), advice=advice, format=_format(candidate))
        )
    return found[:MAX_CONDITIONS]


def _format(candidate: Candidate) -> str:
    """How an alarm is told: MTConnect's Level|code|severity|qualifier|text, a truth value, or a text."""
    if isinstance(candidate.value, bool) or candidate.type == "Boolean":
        return "flag"
    told = isinstance(candidate.value, str) and candidate.value.partition("|")[0].casefold()
    return "mtconnect" if told in ("normal", "warning", "fault", "unavailable") else "text"


def _numbers(candidates: Sequence[Candidate], used: set[str]) -> list[Proposal]:
    """Numbers worth a chart: those with a unit or a known name first."""
    names = set(used)
    sure: list[Proposal] = []
    rest: list[Proposal] = []
    for candidate in candidates:
        if isinstance(candidate.value, bool) or not isinstance(candidate.value, int | float):
            continue
        fits = _lexicon("numbers").scores(candidate.name, _above(candidate))
        known = max(fits, key=lambda ours: fits[ours], default=None)
        known = known if known is not None and fits[known] >= SURE else None
        name = _free(known or snake(candidate.name) or "value", candidate, names)
        names.add(name)
        unit = ucum(candidate.unit) if candidate.unit else None
        why = _reason(name, candidate, "")
        proposal = Proposal(name, candidate, 0.9 if known else 0.5, why, unit=unit)
        (sure if known or unit else rest).append(proposal)
    return sure + rest


def _free(name: str, candidate: Candidate, used: set[str]) -> str:
    """The name, with those above it or a number where it is taken or belongs to the dictionary."""
    for depth in range(len(candidate.above) + 1):
        before = [snake(part) for part in candidate.above[len(candidate.above) - depth :]]
        full = _joined([part for part in before if part], name)[-63:].lstrip("0123456789_")
        if full and full not in used and full not in DICTIONARY:
            return full
    return next(made for number in range(2, 10_000) if (made := f"{name[:57]}_{number}") not in used)


def _joined(before: list[str], name: str) -> str:
    """Names one behind the other, without saying the same word twice.

    >>> _joined(["spindle_2"], "spindle_load"), _joined(["cnc"], "operation_mode")
    ('spindle_2_load', 'cnc_operation_mode')
    """
    last = before[-1].split("_") if before else [""]
    first, _, rest = name.partition("_")
    return "_".join([*before, rest if rest and first == last[0] else name])


def machines_in(
    candidates: Sequence[Candidate], place: Callable[[Candidate], Sequence[str]]
) -> dict[tuple[str, ...], list[Candidate]]:
    """Candidates by machine: one server or broker may carry several.

    `place` names what a candidate stands in, outermost first. Where the same surest signal stands in several places,
    each highest place that holds it once is a machine, if something else of a machine is there too.
    """
    anchors = _anchors(candidates)
    places = [tuple(place(anchor)) for anchor in anchors]
    roots: list[tuple[str, ...]] = []
    for mine in places:
        shared = max((_shared(mine, other) for other in places if other is not mine), default=0)
        roots.append(mine[: shared + 1])
    whole: dict[tuple[str, ...], list[Candidate]] = {(): list(candidates)}
    if len(places) < 2 or len(set(roots)) < len(roots) or any(len(root) == 0 for root in roots):
        return whole
    if any(len(mine) < len(root) or root == () for mine, root in zip(places, roots, strict=True)):
        return whole
    parts: dict[tuple[str, ...], list[Candidate]] = {root: [] for root in roots}
    for candidate in candidates:
        mine = tuple(place(candidate))
        root = next((root for root in roots if mine[: len(root)] == root), None)
        if root is not None:
            parts[root].append(candidate)
    return parts if all(len(_dictionary(part)) >= 2 for part in parts.values()) else whole


def _shared(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _anchors(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The variables of the first signal that tells a state and is there at all: one for each machine."""
    for signal in ("execution", "item_state", "tower_green", "program", "part_count"):
        scored = [
            (found, candidate)
            for candidate in candidates
            if candidate.usable
            for named, found, _ in scores(candidate)
            if named == signal
        ]
        best = max((found for found, _ in scored), default=0.0)
        if best >= ENOUGH:
            same = [candidate for found, candidate in scored if found >= best - 0.1]
            first = tokens(same[0].name)
            return [candidate for candidate in same if tokens(candidate.name) == first]
    return []
