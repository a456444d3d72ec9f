"""The form of a post with a field for files, which works without JavaScript.

The files of a request are stored before the rest is read, and the text of the form gets their Markdown: so
nothing that was typed or sent is lost when something else is refused. The button `attach` does only that.
"""

from dataclasses import dataclass
from typing import Any

from flask import request
from flask_babel import gettext as _
from marshmallow import Schema
from werkzeug.datastructures import ImmutableMultiDict

from auth.current_user import current_user, me
from core.database.db import write_transaction
from core.web.fields import Markdown
from core.web.forms import Form, Invalid
from posts.attachments import actions, long_texts, policy

TEXT_FIELD = "body"
FILES_FIELD = "files"
ALT_FIELD = "files_alt"
MAX_FILES = 5  # of one request
ATTACH = "attach"  # values of the button `action`
ATTACH_TEXT = "attach-text"


@dataclass(frozen=True)
class Attached:
    """A file that was stored, and the Markdown that shows it."""

    name: str
    markdown: str


class AttachingForm(Form):
    """A form whose field `body` is Markdown, with files; `attached` are those of this request."""

    def __init__(self, schema: type[Schema], **initial: Any) -> None:
        super().__init__(schema, **initial)
        self.attached: list[Attached] = []
        field = schema._declared_fields.get(TEXT_FIELD)
        self.longest = field.longest if isinstance(field, Markdown) else 0

    @property
    def is_too_long(self) -> bool:
        """Whether the text is over its limit, so that a part of it should become a file."""
        return 0 < self.longest < len(self.values.get(TEXT_FIELD) or "")

    def validate(self) -> bool:
        """Store the files, then read the request; False also when only files were to be attached."""
        refused = self._take_files()
        action = request.form.get("action", "")
        if action == ATTACH_TEXT and not refused:
            refused = self._take_text()
        is_valid = super().validate()
        if action in (ATTACH, ATTACH_TEXT):
            self.errors = {}  # the text is not finished
        if refused:
            self.errors[FILES_FIELD] = refused
        return is_valid and not refused and action not in (ATTACH, ATTACH_TEXT)

    def _take_files(self) -> list[str]:
        """Store the files of the request; returns the messages about refused ones."""
        files = [file for file in request.files.getlist(FILES_FIELD) if file.filename]
        if not files:
            return []
        if not policy.can_attach(current_user):
            return [policy.why_not(current_user)]
        refused: list[str] = []
        if len(files) > MAX_FILES:
            refused.append(_("Attach at most %(n)s files at once.", n=MAX_FILES))
        alt = request.form.get(ALT_FIELD, "")
        for file in files[:MAX_FILES]:
            try:
                self._store(file.stream.read(actions.MAX_FILE_BYTES + 1), file.filename or "", alt)
            except Invalid as error:
                refused.append(error.text)
        if self.attached:
            text = request.form.get(TEXT_FIELD, "").rstrip()
            _replace_in_request("\n\n".join(filter(None, [text, *(each.markdown for each in self.attached)])))
        return refused

    def _take_text(self) -> list[str]:
        """Make a file of the longest part of a text that is too long; returns why not."""
        text = request.form.get(TEXT_FIELD, "")
        if not policy.can_attach(current_user):
            return [policy.why_not(current_user)]
        parts = long_texts.split(text, self.longest)
        try:
            made = self._store(parts.log.encode(), parts.name)
        except Invalid as error:
            return [error.text]
        _replace_in_request("\n\n".join(filter(None, (parts.before, made.markdown, parts.after))))
        return []

    def _store(self, data: bytes, name: str, alt: str = "") -> Attached:
        """Store a file in a transaction of its own. Raises Invalid."""
        prepared = actions.prepare(data, name)
        with write_transaction():
            made = actions.attach(prepared, by=me(), alt=alt)
            shown = Attached(made.name, actions.markdown_of(made))
        self.attached.append(shown)
        return shown


def _replace_in_request(text: str) -> None:
    """Change the text that was sent: pages of errors and conflicts show it with the attachments."""
    fields = request.form.to_dict(flat=False)
    fields[TEXT_FIELD] = [text]
    fields.pop(ALT_FIELD, None)
    request.__dict__.update(form=ImmutableMultiDict(fields), files=ImmutableMultiDict())
