"""What a reader returns, the bounds of all readers, and the text of a refusal."""

from collections.abc import Iterable
from dataclasses import dataclass

from flask_babel import gettext as _

MAX_FILE_BYTES = 32 * 1024 * 1024  # as it is sent
MAX_UNPACKED_BYTES = 64 * 1024 * 1024  # of all files of an archive
MAX_COMPONENTS = 200_000  # entries of a document, repeated ones among them
MAX_FIELD_LENGTH = 500  # characters
MAX_JSON_CONTAINERS = 800_000  # objects and lists
FIELDS = ("name", "group", "version", "purl", "cpe", "vendor")


class BadDocument(ValueError):
    """A document that is not accepted; the message says what to send instead."""


@dataclass(frozen=True)
class Component:
    """One component of a document; absent values are empty.

    `group` is the namespace of a package (a Maven group), `vendor` who publishes it.
    """

    name: str
    group: str = ""
    version: str = ""
    purl: str = ""
    cpe: str = ""
    vendor: str = ""


@dataclass(frozen=True)
class Document:
    """What was read: the format (a key of `recognise.FORMATS`) and the distinct components, in order.

    `entries` is the number of components with the repeated ones.
    """

    format: str
    components: tuple[Component, ...]
    entries: int


def document(form: str, found: Iterable[Component]) -> Document:
    """A Document of the components that name something; raises BadDocument above MAX_COMPONENTS."""
    distinct: dict[Component, None] = {}
    entries = 0
    for component in found:
        if not (component.name or component.purl):
            continue
        entries += 1
        if entries > MAX_COMPONENTS:
            raise too_many()
        distinct[component] = None
    return Document(form, tuple(distinct), entries)


def too_many() -> BadDocument:
    """The refusal of a document with more than MAX_COMPONENTS components."""
    return BadDocument(
        _(
            "The document lists more than %(n)s components. Send one document for each site or group of "
            "machines, to inventories of their own.",
            n=f"{MAX_COMPONENTS:,}",
        )
    )


def line(value: object) -> str:
    """One line of at most MAX_FIELD_LENGTH printable characters; empty for anything but text."""
    if not isinstance(value, str):
        return ""
    text = value[:MAX_FIELD_LENGTH]
    if not text.isprintable():
        text = "".join(c for c in text if c.isprintable() or c.isspace())
    return " ".join(text.split())
