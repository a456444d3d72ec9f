"""Interface texts that are defined at import and translated when they are shown."""

from typing import TYPE_CHECKING

from flask_babel import lazy_gettext as _lazy_gettext

if TYPE_CHECKING:

    def lazy_gettext(string: str, **variables: object) -> str:
        """`string` in the language of the request that shows it.

        Flask-Babel returns a LazyString, which behaves as a str but is none; the libraries that take one
        (marshmallow, Jinja) ask for a str.
        """
        ...
else:
    lazy_gettext = _lazy_gettext
