"""Fragments: parts of a page that are the same for all readers, rendered once for each content.

A fragment is a function of its facts (a frozen dataclass), so its key is a hash of all of them: when anything
changes that it shows, its key is another, and nothing has to be invalidated. What differs between readers are
marks (marks.py).

The renderer cannot reach a reader: it runs in an empty context, without request, session, `g` and user, and
its templates have only the functions in SHARED_GLOBALS.
"""

import contextvars
import hashlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from flask import Flask, current_app
from flask_babel import force_locale, get_locale
from jinja2 import Environment
from markupsafe import Markup

from core.cache import marks
from core.cache.memory_cache import MemoryCache

FRAGMENT_CACHE_BYTES = 16_000_000  # of one process
FRAGMENT_TTL_SECONDS = 3600
OVERHEAD_BYTES = 200
SHARED_GLOBALS = (
    "_",
    "gettext",
    "ngettext",
    "url_for",
    "static_url",
    "site_url",
    "get_locale",
    "range",
    "dict",
)
MARKED_VALUES = ("csrf_token", "form_account")  # functions of templates that become marks


class PersonalDataError(Exception):
    """A shared template asked for something that belongs to one reader."""


class _Personal:
    """In place of every other function of templates: raises PersonalDataError when it is touched."""

    def __init__(self, name: str) -> None:
        self.__dict__["name"] = name

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise PersonalDataError(f"a shared template used {self.__dict__['name']}")

    __getattr__ = __getitem__ = __call__ = __bool__ = __str__ = __iter__ = __html__ = _refuse


@dataclass(frozen=True)
class _Fragment:
    text: str

    @property
    def size(self) -> int:
        return OVERHEAD_BYTES + sys.getsizeof(self.text)


def _environment(app: Flask) -> Environment:
    """The environment of shared templates: those of `app`, without access to what is personal."""
    made: Any = app.jinja_env.overlay()
    made.is_shared = True
    made.bytecode_cache = None  # the same templates are compiled otherwise
    made.globals = {name: _Personal(name) for name in (*app.jinja_env.globals, "current_user")}
    made.globals |= {name: app.jinja_env.globals[name] for name in SHARED_GLOBALS}
    made.globals |= {name: partial(marks.mark, marks.VALUE, name) for name in MARKED_VALUES}
    made.globals |= {"value": partial(marks.mark, marks.VALUE), "fragment": fragment}
    return made


def render(template: str, context: Mapping[str, Any], language: str) -> str:
    """The text of a shared template with its marks.

    Raises PersonalDataError when it asks for what belongs to one reader.
    """
    app: Any = current_app
    return contextvars.Context().run(_render, app._get_current_object(), template, context, language)


def _render(app: Flask, template: str, context: Mapping[str, Any], language: str) -> str:
    with app.app_context(), force_locale(language):
        environment = app.extensions["shared_templates"]
        if environment is None:
            environment = app.extensions["shared_templates"] = _environment(app)
        return environment.get_template(template).render(context)


def fragment(template: str, facts: Any) -> Markup:
    """In a shared template: the text of another one for `facts`, which is its variable `post`."""
    key = _key(template, facts)
    found = current_app.extensions["fragments"].get(key)
    if found is None:
        environment = current_app.extensions["shared_templates"]
        found = _Fragment(environment.get_template(template).render(post=facts))
        current_app.extensions["fragments"].set(key, found)
    return marks.rendered(found.text)


def render_fragment(template: str, facts: Any) -> Markup:
    """In an ordinary template: the same, rendered for the reader of this request."""
    return marks.rendered(current_app.jinja_env.get_template(template).render(post=facts))


def _key(template: str, facts: Any) -> str:
    text = f"{template}\n{get_locale()}\n{facts!r}"
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


class _SharedFragments:
    """Fragments in the memory of this process, and in the Redis that several processes share."""

    def __init__(self, memory: MemoryCache[_Fragment], redis: Any) -> None:
        self.memory = memory
        self.redis = redis

    def get(self, key: str) -> _Fragment | None:
        found = self.memory.get(key)
        if found is None and (packed := self.redis.get(_release() + key)) is not None:
            found = _Fragment(marks.unpack(packed))
            self.memory.set(key, found)
        return found

    def set(self, key: str, fragment: _Fragment) -> bool:
        self.redis.set(_release() + key, marks.pack(fragment.text))
        return self.memory.set(key, fragment)

    def clear(self) -> bool:
        self.memory.clear()
        return self.redis.clear()


@cache
def _release() -> str:
    """A hash of all templates: hosts of two releases may share a Redis."""
    folder = Path(current_app.root_path) / (current_app.template_folder or "")
    files = sorted(folder.rglob("*.html"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


def init_app(app: Flask) -> None:
    """Keep fragments in memory, and in the Redis that several processes share."""
    store: Any = MemoryCache[_Fragment](FRAGMENT_CACHE_BYTES, FRAGMENT_TTL_SECONDS)
    if url := app.config["REDOUBT_REDIS_URL"]:
        redis_cache = import_module("core.cache.redis_cache")
        redis = redis_cache.connect_bytes(url, app.config["SECRET_KEY"], "fragment:1:", FRAGMENT_TTL_SECONDS)
        store = _SharedFragments(store, redis)
    app.extensions["fragments"] = store
    app.extensions["shared_templates"] = None  # made at the first use: packages add functions until then
    app.jinja_env.globals["fragment"] = render_fragment
