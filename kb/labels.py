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
            "Where your network meets everybody else's: firewalls, gateways, remote "
            "access, mail and web filters. Decide what may come in, and what may leave."
        ),
        "network": _(
            "What moves between your machines: segments, name resolution, authentication "
            "on the wire, monitoring. Keep one lost machine from becoming all of them."
        ),
        "host": _(
            "The single machine: its updates, accounts, services, logging and hardening. "
            "Patch it, and shrink what can be attacked while you cannot."
        ),
        "application": _(
            "The software that does the work: configuration, input, sessions, "
            "dependencies. Most of what is exploited is here."
        ),
        "data": _(
            "What all of it is for: encryption, backups, access and disposal. When the other "
            "layers fail, this one decides what it costs."
        ),
    }[layer]
