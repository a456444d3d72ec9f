"""Labels of the layers of defence, for pages and forms."""

from flask_babel import gettext as _

from core.web.lazy_text import lazy_gettext

LAYER_NAMES = (
    ("perimeter", lazy_gettext("Perimeter")),
    ("network", lazy_gettext("Network")),
    ("host", lazy_gettext("Host")),
    ("application", lazy_gettext("Application")),
    ("data", lazy_gettext("Data")),
)


def layer_introduction(layer: str) -> str:
    """One or two sentences on what belongs to a layer of defence."""
    return {
        "perimeter": _(
            "Where your network meets the internet: firewalls, gateways, remote access, email "
            "and web filters. Decide which traffic may enter and leave."
        ),
        "network": _(
            "Traffic between your machines: segments, name resolution, authentication, "
            "monitoring. Stop an attacker on one machine from reaching the others."
        ),
        "host": _(
            "Each machine: updates, accounts, services, logging and hardening. Patch it, and reduce "
            "its attack surface until you can."
        ),
        "application": _(
            "The software you use: configuration, input, sessions, dependencies. Most "
            "exploited vulnerabilities are here."
        ),
        "data": _(
            "The information the other layers protect: encryption, backups, access and disposal. If "
            "they fail, this layer limits the damage."
        ),
    }[layer]
