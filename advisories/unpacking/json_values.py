"""JSON values of an untrusted stream, one at a time: a list, a list in an object, objects line by line."""

import codecs
import json
import re
from collections.abc import Iterator

from flask_babel import gettext as _

from advisories.advisory import Unusable
from advisories.parsing import MAX_BYTES
from advisories.unpacking.streams import CHUNK_BYTES, Broken, Reader

MAX_PARTS = 2_000_000  # objects and lists of a value
_SPACE = " \t\r\n"
_NOT_SPACE = re.compile(rb"[^ \t\r\n]")
# the start of an object with a long list of vulnerabilities: a few plain members, then the list
_LIST_MEMBER = re.compile(
    r'\{(?:\s{0,40}"[A-Za-z_]{1,40}"\s{0,40}:\s{0,40}(?:"[^"\\]{0,200}"|-?\d{1,20}|true|false|null)\s{0,40},){0,20}'
    r'\s{0,40}"(?:vulnerabilities|vulns)"\s{0,40}:\s{0,40}\['
)


def parse(data: bytes) -> object:
    """The value of a whole document, with or without a byte order mark; raises Unusable."""
    check_parts(data.count(b"{") + data.count(b"["))
    try:
        return _parse(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Unusable(_("byte %(start)s: this is not UTF-8", start=error.start)) from error


def first_character(data: bytes) -> int:
    """The offset of the first character, after a byte order mark and white space; the length without one."""
    found = _NOT_SPACE.search(data, 3 if data.startswith(b"\xef\xbb\xbf") else 0)
    return found.start() if found else len(data)


def is_list_of_lines(data: bytes) -> bool:
    """Whether the first line, of several, is a JSON object by itself."""
    start = first_character(data)
    end = data.find(b"\n", start)
    if end < 0 or _NOT_SPACE.search(data, end) is None:
        return False
    head = data[start:end].rstrip()
    if not head.endswith(b"}"):
        return False
    try:
        check_parts(head.count(b"{") + head.count(b"["))
        return isinstance(json.loads(head), dict)
    except (ValueError, RecursionError, Unusable):
        return False


def check_parts(count: int) -> None:
    """Raise Unusable above MAX_PARTS."""
    if count > MAX_PARTS:
        raise Unusable(_("more than %(n)s objects and lists", n=f"{MAX_PARTS:,}"))


def _parse(text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise Unusable(
            _(
                "line %(line)s, column %(column)s: the JSON is broken (%(why)s)",
                line=error.lineno,
                column=error.colno,
                why=error.msg,
            )
        ) from error
    except (ValueError, RecursionError) as error:
        raise Unusable(_("the JSON is nested too deeply, or has a number that is too long")) from error


class Values:
    """Yields the values of a stream; memory is bounded by the largest value, at most MAX_BYTES characters."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("strict")
        self._json = json.JSONDecoder()
        self._text = ""
        self._at = 0
        self._is_ended = False

    def lines(self) -> Iterator[object | Unusable]:
        """Yield the value of each line that is not empty; a broken one is Unusable, the next are read."""
        while True:
            end = self._text.find("\n", self._at)
            while end < 0 and self._read_more():
                end = self._text.find("\n", self._at)
            line = self._text[self._at : end if end >= 0 else None]
            if not line and end < 0:
                return
            self._at = end + 1 if end >= 0 else len(self._text)
            if line.strip():
                try:
                    check_parts(line.count("{") + line.count("["))
                    yield _parse(line)
                except Unusable as error:
                    yield error

    def items(self) -> Iterator[object]:
        """Yield the items of a list, or of the list of vulnerabilities of an object. Raises Broken."""
        self._read_more()
        self._skip(_SPACE)
        if self._text.startswith("[", self._at):
            self._at += 1
        elif found := _LIST_MEMBER.match(self._text, self._at):
            self._at = found.end()
        else:
            raise Broken(_("larger than %(n)s MB", n=MAX_BYTES // 1024**2))
        while True:
            self._skip(_SPACE + ",")
            if self._at == len(self._text):
                raise Broken(_("the JSON ends too early"))
            if self._text[self._at] == "]":
                return
            yield self._value()

    def _value(self) -> object:
        while True:
            if len(self._text) - self._at > MAX_PARTS:
                parts = self._text.count("{", self._at) + self._text.count("[", self._at)
                try:
                    check_parts(parts)
                except Unusable as error:
                    raise Broken(str(error)) from error
            try:
                value, end = self._json.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if not self._read_more():
                    raise Broken(_("the JSON is broken (%(why)s)", why=error.msg)) from error
            except (ValueError, RecursionError) as error:
                raise Broken(_("the JSON is nested too deeply, or has a number that is too long")) from error
            else:
                length = end - self._at
                if end < len(self._text) or not self._read_more():  # a number may go on
                    self._at += length
                    return value

    def _skip(self, characters: str) -> None:
        while True:
            while self._at < len(self._text) and self._text[self._at] in characters:
                self._at += 1
            if self._at < len(self._text) or not self._read_more():
                return

    def _read_more(self) -> bool:
        """Double what is known of the present value; False at the end of the stream. Raises Broken."""
        if self._is_ended:
            return False
        kept = self._text[self._at :]
        if len(kept) > MAX_BYTES:
            raise Broken(_("one entry is larger than %(n)s MB", n=MAX_BYTES // 1024**2))
        data = self.reader.read(max(CHUNK_BYTES, len(kept)))
        self._is_ended = not data
        try:
            self._text = kept + self._decoder.decode(data, final=not data)
        except UnicodeDecodeError as error:
            raise Broken(_("this is not UTF-8")) from error
        self._at = 0
        return bool(data)
