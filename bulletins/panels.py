"""Places on a bulletin's page where the rooms above show something of theirs."""

from collections.abc import Callable
from dataclasses import dataclass

from bulletins.models import Bulletin

TOP, BELOW = "top", "below"


@dataclass(frozen=True)
class Panel:
    """`facts(bulletin, reader)` is what `template` finds as `panel`; None leaves the place empty."""

    place: str
    template: str
    facts: Callable[[Bulletin, object], dict | None]


_panels: list[Panel] = []


def register(panel: Panel) -> None:
    """Show this on the page of every bulletin; called from a room's init."""
    if panel not in _panels:
        _panels.append(panel)


def shown(bulletin: Bulletin, reader) -> dict[str, list[tuple[str, dict]]]:
    """By place: the templates to include, each with its facts."""
    found: dict[str, list[tuple[str, dict]]] = {TOP: [], BELOW: []}
    for panel in _panels:
        facts = panel.facts(bulletin, reader)
        if facts is not None:
            found[panel.place].append((panel.template, facts))
    return found
