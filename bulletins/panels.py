"""Panels that higher packages add to the page of a bulletin."""

from collections.abc import Callable
from dataclasses import dataclass

from auth.models import User, Visitor
from bulletins.models import Bulletin
from core.registry import Registry

TOP = "top"
BELOW = "below"


@dataclass(frozen=True)
class Panel:
    """`facts(bulletin, reader)` is the variable `panel` of `template`; None omits the panel."""

    place: str
    template: str
    facts: Callable[[Bulletin, User | Visitor], dict | None]


_panels: Registry[Panel, str] = Registry("bulletin_panels")  # place by panel


def register_panel(panel: Panel) -> None:
    """Show this on the page of every bulletin; call it from init_app()."""
    _panels.add(panel, panel.place)


def shown(bulletin: Bulletin, reader: User | Visitor) -> dict[str, list[tuple[str, dict]]]:
    """The templates to include by place (TOP, BELOW), each with its facts."""
    found: dict[str, list[tuple[str, dict]]] = {TOP: [], BELOW: []}
    for panel in _panels:
        facts = panel.facts(bulletin, reader)
        if facts is not None:
            found[panel.place].append((panel.template, facts))
    return found
