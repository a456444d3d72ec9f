"""Places on a bulletin's page where higher packages show something of theirs."""

from collections.abc import Callable
from dataclasses import dataclass

from auth.models import User, Visitor
from bulletins.models import Bulletin
from core.registry import Registry

TOP, BELOW = "top", "below"


@dataclass(frozen=True)
class Panel:
    """`facts(bulletin, reader)` is what `template` finds as `panel`; None leaves the place empty."""

    place: str
    template: str
    facts: Callable[[Bulletin, User | Visitor], dict | None]


_panels: Registry[Panel, str] = Registry("bulletin_panels")  # place by panel


def register_panel(panel: Panel) -> None:
    """Show this on the page of every bulletin; called from a package's init_app()."""
    _panels.add(panel, panel.place)


def shown(bulletin: Bulletin, reader) -> dict[str, list[tuple[str, dict]]]:
    """By place: the templates to include, each with its facts."""
    found: dict[str, list[tuple[str, dict]]] = {TOP: [], BELOW: []}
    for panel in _panels:
        facts = panel.facts(bulletin, reader)
        if facts is not None:
            found[panel.place].append((panel.template, facts))
    return found
