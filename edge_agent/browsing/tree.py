"""How a look appears to a person: the tree with its values, and what is proposed. Rich text for 80 columns and more."""

from collections.abc import Mapping
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from edge_agent.browsing.model import Found, Node, Seen
from edge_agent.browsing.proposing import Proposal
from edge_agent.browsing.suggesting import STANDARDS, Suggestion

OBJECTS: Final = "i=85"
MOST_CHILDREN: Final = 40
MOST_LINES: Final = 400
MOST_NAME: Final = 30
MOST_VALUE: Final = 32


def matching(found: Found, text: str) -> set[str]:
    """Ids of the nodes whose name or id holds `text`, whatever its case, and of all above and below them."""
    wanted = text.casefold()
    kept: set[str] = set()
    for node in found.nodes.values():
        if not any(wanted in word.casefold() for word in (node.name, node.label, node.id)):
            continue
        kept.add(node.id)
        kept.update(child.id for child in found.below(node.id))
        here = node
        while here.parent is not None and here.parent in found.nodes:
            here = found.nodes[here.parent]
            kept.add(here.id)
    return kept


class Drawing:
    """Draws one look. `signals` names what a node is proposed for."""

    def __init__(
        self, found: Found, values: Mapping[str, Seen], signals: Mapping[str, str], only: set[str] | None
    ) -> None:
        self._found = found
        self._values = values
        self._signals = signals
        self._only = only
        self._lines = 0
        self.hidden = 0

    def tree(self) -> Tree:
        """The whole, cut where it gets longer than anybody reads."""
        root = Tree(Text(self._found.root.called, style="bold"), guide_style="dim")
        self._below(root, self._found.root)
        return root

    def _below(self, branch: Tree, node: Node) -> None:
        children = [child for child in self._found.children(node.id) if self._is_shown(child)]
        shown = children[: MOST_CHILDREN if self._lines < MOST_LINES else 0]
        width = max((min(_width(child.called), MOST_NAME) for child in shown), default=0)
        for child in shown:
            self._lines += 1
            self._below(branch.add(self._line(child, width)), child)
        if len(children) > len(shown):
            self.hidden += len(children) - len(shown)
            branch.add(Text(f"… {len(children) - len(shown)} more", style="dim"))

    def _is_shown(self, node: Node) -> bool:
        """What was filtered for; without a filter all but the standard's own folders that hold no machine's node."""
        if self._only is not None:
            return node.id in self._only
        return not node.id.startswith("i=") or self._found.root.id != OBJECTS or self._holds_own(node)

    def _holds_own(self, node: Node) -> bool:
        return any(not child.id.startswith("i=") for child in self._found.below(node.id))

    def _line(self, node: Node, width: int) -> Text:
        line = Text(no_wrap=True, overflow="ellipsis")
        if node.kind == "object":
            return line.append(node.called, style="bold")
        line.append(node.called + " " * max(width - _width(node.called), 0))
        line.append("  ")
        line.append(*self._value(node))
        if node.id in self._signals:
            line.append(f"  → {self._signals[node.id]}", style="green")
        line.append("  " + kind_of(node), style="dim")
        return line

    def _value(self, node: Node) -> tuple[str, str]:
        seen = self._values.get(node.id)
        if seen is None:
            return "–", "dim"
        if seen.quality == "bad":
            return seen.code or "bad", "yellow"
        unit = self._found.units.get(node.id)
        word = self._found.words(node).get(str(seen.value))
        text = plain(seen.value) + (f" {unit}" if unit else "") + (f" ({word})" if word else "")
        return (text if len(text) <= MOST_VALUE else text[: MOST_VALUE - 1] + "…"), "cyan"


def kind_of(node: Node) -> str:
    """Type and flags of a variable: array, w writable, h has history, ! not readable."""
    about = node.about
    if about is None:
        return ""
    flags = [flag for flag, on in (("w", about.writable), ("h", about.history), ("!", not about.readable)) if on]
    return f"{about.type or '?'}{'[]' if about.array else ''}{' ' if flags else ''}{''.join(flags)}"


def plain(value: object) -> str:
    """A value as it is shown: texts in quotes, numbers short."""
    if isinstance(value, str):
        return '"' + " ".join(value.split()) + '"'
    if isinstance(value, float):
        return f"{value:.6g}"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)


def proposals(console: Console, suggestion: Suggestion) -> None:
    """What is proposed for one machine, and what a person must still say."""
    title = "" if suggestion.title == suggestion.id else f" ({escape(suggestion.title)})"
    console.print(f"[bold]{suggestion.id}[/]{title}, state model {suggestion.state_model}", highlight=False)
    mapping = suggestion.mapping
    if mapping is None:
        console.print(f"  {STANDARDS[suggestion.state_model]}", highlight=False)
        return
    table = Table(box=None, header_style="dim", pad_edge=True)
    for heading in ("signal", "value now", "why"):
        table.add_column(heading, overflow="fold")
    for proposal in (*mapping.signals, *mapping.conditions):
        table.add_row(proposal.signal, Text(plain(proposal.candidate.value)[:MOST_VALUE], style="cyan"), _why(proposal))
    console.print(table)
    if mapping.left_out:
        console.print(f"  and {mapping.left_out} more numbers", style="dim", highlight=False)
    if mapping.advice:
        console.print(f"  [yellow]{escape(mapping.advice)}[/]", highlight=False)


def _why(proposal: Proposal) -> Text:
    text = Text(proposal.why)
    if proposal.map:
        text.append("; " + ", ".join(f"{key} = {word}" for key, word in proposal.map.items()), style="dim")
    if proposal.advice:
        text.append(f"\n{proposal.advice}", style="yellow")
    return text


def _width(text: str) -> int:
    return Text(text).cell_len
