"""Converts callouts, tabs, includes and directives of Markdown dialects to plain Markdown.

GitHub and Docs alerts, MkDocs admonitions, `:::` containers, Hugo, Liquid and MDX tags. A callout becomes a
quote with a bold label, a tab a heading. Elements without counterpart are reported as losses; their text is
kept.
"""

import re
from collections.abc import Callable

from flask_babel import gettext as _

from kb.markdown import embedded_html, tag_parsing
from kb.markdown.line_parsing import code_info, dedented, end_of_fence, indented, label, match_fence, trimmed
from kb.markdown.tag_parsing import CALLOUTS, Tag

MAX_DEPTH = 12  # of callouts, tabs and containers within one another
MAX_UNCLOSED = 50  # tags without an end in one file; after these, no end is searched for
HEADING_LINE = re.compile(r"^ {0,3}(#{1,6})(?:[ \t]|$)")
RULE_LINE = re.compile(r"^ {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})$")
ADMONITION_LINE = re.compile(
    r"^(?P<indent>[ \t]*)(?:!!!|\?\?\?\+?)[ \t]*(?P<kind>[\w-]+(?:[ \t]+[\w-]+)*)?"
    r"[ \t]*(?:\"(?P<title>.*)\"|'(?P<single>.*)')?[ \t]*$"
)
TAB_LINE = re.compile(r"^(?P<indent>[ \t]*)===[!+]{0,2}[ \t]+[\"'](?P<title>.+)[\"'][ \t]*$")
DOCS_TAB_LINE = re.compile(r"^ {0,3}#{1,6}[ \t]+\[(?P<title>.+)\]\(#tabs?/[^)\n]*\)[ \t]*#*[ \t]*$")
ALERT_LINE = re.compile(
    r"^(?P<before>[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?(?:>[ \t]?)*>[ \t]*)"
    r"\\?\[!(?P<kind>[A-Za-z-]+)(?:\|[^\]\n]*)?\][+-]?[ \t]*(?P<title>.*)$"
)
DIV_LINE = re.compile(r"^[ \t>]*\[!div\b[^\]\n]*\][ \t]*$", re.I)
COLONS_LINE = re.compile(r"^(?P<indent>[ \t]*)(?P<colons>:{3,})[ \t]*(?P<rest>.*?)[ \t]*$")
COLON_NAME = re.compile(r"\{?[.`]*(?P<name>[A-Za-z][\w-]*)[`]*(?P<more>.*)", re.S)
OPTION_LINE = re.compile(r"^[ \t]*:[\w-]+:(?:[ \t].*)?$")
BLOCK_ATTRIBUTES = re.compile(r"^[ \t>]*\{(?::|(?=[#.][\w-]))[^{}\n]*\}[ \t]*$")
CONTENTS_LINE = re.compile(r"^[ \t]*(?:\[TOC\]|\[\[_?TOC_?\]\])[ \t]*$", re.I)


class Converter:
    """Converts one file. `include(name)` returns the text of another file or None."""

    def __init__(
        self,
        include: Callable[[str], str | None],
        report_loss: Callable[[str, str, str], None],
        has_components: bool = False,
    ) -> None:
        self.include = include
        self.report_loss = report_loss
        self.has_components = has_components
        self.level = 1  # of the last heading
        self.depth = 0
        self.unclosed = 0
        self.in_docs_tabs = False
        self.tab_level = 1

    def convert(self, text: str) -> str:
        """The text with block elements as plain Markdown; for those within lines see plain_inline()."""
        lines = text.split("\n")
        if self.has_components:
            lines = self._without_modules(lines)
        return "\n".join(self._blocks(lines))

    def _without_modules(self, lines: list[str]) -> list[str]:
        """The lines of an MDX page without `import` and `export` statements."""
        out: list[str] = []
        position = 0
        while position < len(lines):
            if (end := end_of_fence(lines, position)) is not None:
                out += lines[position:end]
            elif re.match(r"(?:import|export)\s", lines[position]):
                end = next((i for i in range(position, len(lines)) if not lines[i].strip()), len(lines))
                self.report_loss("components", lines[position], _("code of an MDX page"))
            else:
                end = position + 1
                out.append(lines[position])
            position = end
        return out

    def _blocks(self, lines: list[str]) -> list[str]:
        out: list[str] = []
        position = 0
        self.depth += 1
        while position < len(lines):
            position = self._block(lines, position, out)
        self.depth -= 1
        return out

    def _block(self, lines: list[str], at: int, out: list[str]) -> int:
        """Append the conversion of the element at line `at`; returns the index of the line after it."""
        line = lines[at]
        if (end := end_of_fence(lines, at)) is not None:
            return self._fence(lines, at, end, out)
        if self.depth > MAX_DEPTH or not line.strip():
            out.append(line)
            return at + 1
        for rule in (
            self._alert,
            self._admonition,
            self._tab,
            self._colons,
            self._tag,
            self._attributes,
            self._docs_tab,
        ):
            if (after := rule(lines, at, out)) is not None:
                return after
        if heading := HEADING_LINE.match(line):
            self.level = len(heading[1])
        if CONTENTS_LINE.match(line):
            self.report_loss("directives", line, _("pages here have their own table of contents"))
            return at + 1
        out.append(line)
        return at + 1

    # code

    def _fence(self, lines: list[str], at: int, end: int, out: list[str]) -> int:
        opening = match_fence(lines[at])
        info = opening["info"].strip()
        if directive := re.match(r"\{([A-Za-z][\w-]*)\}[ \t]*(.*)", info):
            name = directive[1].lower()
            title = directive[2]
            body = lines[at + 1 : end - 1]
            while body and OPTION_LINE.match(body[0]):
                body = body[1:]
            if name in CALLOUTS or name in ("admonition", "tab-set", "tab-item", "dropdown", "include"):
                self._container(Tag(name, title=title), body, opening["indent"], out)
                return end
            if name in ("code", "code-block", "code-cell", "sourcecode"):
                info = title
        language, label, rest = code_info(info)
        if rest:
            self.report_loss("attributes", info, _("of a block of code"))
        indent = opening["indent"]
        if label and not opening["item"]:
            out += [f"{indent}**{label}**", ""]
        out.append(f"{indent}{opening['item'] or ''}{opening['mark']}{language}".rstrip())
        out += lines[at + 1 : end]
        return end

    # callouts

    def _alert(self, lines: list[str], at: int, out: list[str]) -> int | None:
        if DIV_LINE.match(lines[at]):
            self.report_loss("directives", lines[at], "layout")
            return at + 1
        found = ALERT_LINE.match(lines[at])
        if not found or found["kind"].lower() in ("include", "video", "code"):
            return None
        before = re.sub(r"(?:[-*+]|\d{1,9}[.)])(?=[ \t]+>)", lambda mark: " " * len(mark[0]), found["before"])
        if out and ">" in out[-1] and out[-1].lstrip().startswith(">") and out[-1].strip("> \t"):
            out.append(before.rstrip())
        out += [found["before"].rstrip() + " " + label(found["kind"], found["title"]), before.rstrip()]
        after = at + 1
        if after < len(lines) and lines[after].strip() and not lines[after].lstrip().startswith(">"):
            out[-1:] = [before.rstrip(), f"{before.rstrip()} {lines[after].strip()}"]  # else it is outside
            after += 1
        return after

    def _admonition(self, lines: list[str], at: int, out: list[str]) -> int | None:
        found = ADMONITION_LINE.match(lines[at])
        if not found or not (found["kind"] or found["title"]):
            return None
        body, after = indented(lines, at, len(found["indent"].expandtabs(4)))
        title = found["title"] if found["title"] is not None else found["single"]
        kind = (found["kind"] or "note").split()[0]
        if (
            not body
            and title is None
            and not lines[at].lstrip().startswith("???")
            and kind.lower() not in CALLOUTS
        ):
            return None
        self._quote(label(kind, title or ""), body, found["indent"], out)
        return after

    def _quote(self, first: str, body: list[str], indent: str, out: list[str]) -> None:
        """Append a callout as a quote of its label and its text."""
        body = embedded_html.plain_html("\n".join(body), self.report_loss).split("\n")
        inner = trimmed(self._blocks(body))
        if out and out[-1].strip():
            out.append("")
        out.append(f"{indent}> {first}")
        if inner:
            out.append(f"{indent}>")
            out += [f"{indent}> {line}".rstrip() for line in inner]
        out.append("")

    # tabs

    def _tab(self, lines: list[str], at: int, out: list[str]) -> int | None:
        found = TAB_LINE.match(lines[at])
        if not found:
            return None
        body, after = indented(lines, at, len(found["indent"].expandtabs(4)))
        self._titled(found["title"], body, found["indent"], out)
        return after

    def _docs_tab(self, lines: list[str], at: int, out: list[str]) -> int | None:
        """Docs: a tab is a heading that links to `#tab/…`, up to the next one or a rule."""
        if found := DOCS_TAB_LINE.match(lines[at]):
            if not self.in_docs_tabs:
                self.in_docs_tabs = True
                self.tab_level = min(self.level + 1, 6)
            out.append(f"{'#' * self.tab_level} {found['title']}")
            return at + 1
        if self.in_docs_tabs and RULE_LINE.match(lines[at]) and not (out and out[-1].strip()):
            self.in_docs_tabs = False
            return at + 1
        return None

    def _titled(self, title: str, body: list[str], indent: str, out: list[str]) -> None:
        """Append a heading one level below the last one, and its text."""
        level = self.level
        self.level = min(level + 1, 6)
        if out and out[-1].strip():
            out.append("")
        out += [f"{indent}{'#' * self.level} {title.strip() or 'Tab'}", ""]
        out += [indent + line if line else line for line in trimmed(self._blocks(body))]
        out.append("")
        self.level = level

    # containers and tags

    def _colons(self, lines: list[str], at: int, out: list[str]) -> int | None:
        found = COLONS_LINE.match(lines[at])
        if not found:
            return None
        rest = found["rest"]
        single = re.fullmatch(r"(.*?)[ \t]*:{3,}", rest)
        words = single[1] if single else rest
        named = COLON_NAME.match(words)
        if not named:
            return at + 1 if not rest else None  # a closing mark that closes nothing
        name = named["name"].lower()
        if name.endswith("-end"):
            return at + 1
        tag = Tag(name, tag_parsing.arguments(named["more"]), tag_parsing.title(named["more"]))
        if single and name in ("image", "video", "code"):
            out += self._void(tag, found["indent"], lines[at])
            return at + 1
        if single or name in ("moniker", "zone", "row", "column"):
            self.report_loss("directives", lines[at], _("layout or a version of the page"))
            return at + 1
        end = self._end_of_colons(lines, at, len(found["colons"]))
        if end is None:
            if name in CALLOUTS:
                out += [f"{found['indent']}{label(name, tag.title)}", ""]
            else:
                self.report_loss("directives", lines[at], _("not closed"))
            return at + 1
        body = lines[at + 1 : end]
        while body and OPTION_LINE.match(body[0]):
            body = body[1:]
        if name == "image" and "source" in tag.values:
            out += self._void(tag, found["indent"], lines[at])
        self._container(tag, dedented(body, found["indent"]), found["indent"], out)
        return end + 1

    def _end_of_colons(self, lines: list[str], at: int, length: int) -> int | None:
        """The index of the line with the closing mark, or None."""
        depth = 1
        i = at + 1
        while i < len(lines) and self.unclosed < MAX_UNCLOSED:
            if (end := end_of_fence(lines, i)) is not None:
                i = end
                continue
            if found := COLONS_LINE.match(lines[i]):
                words = found["rest"]
                closes = not words and (len(found["colons"]) >= length or depth > 1)
                if closes or re.match(r"image-end|code-end", words, re.I):
                    depth -= 1
                elif (
                    words
                    and not words.endswith(":::")
                    and not re.match(r"(?:moniker|zone|row|column)\b|.*-end$", words, re.I)
                ):
                    depth += 1
                if not depth:
                    return i
            i += 1
        self.unclosed += 1
        return None

    def _tag(self, lines: list[str], at: int, out: list[str]) -> int | None:
        """A shortcode, a Liquid tag or a component on a line of its own, with its content."""
        if (split := tag_parsing.split_line(lines[at], self.has_components)) is not None:
            lines[at : at + 1] = split
        found = tag_parsing.alone(lines[at], self.has_components)
        if found is None:
            return None
        indent, tag = found
        if tag.closes:
            if tag.name not in tag_parsing.KNOWN_TAGS:
                self.report_loss(tag.family, lines[at], "unknown")
            return at + 1
        if tag.name in tag_parsing.VOID_TAGS:
            out += self._void(tag, indent, lines[at])
            return at + 1
        end = None if tag.is_void else self._end_of_tag(lines, at, tag)
        if end is None and tag.name in ("ref", "relref", "link", "param"):
            return None
        if end is None:
            self.report_loss(tag.family, lines[at], "unknown")
            return at + 1
        if tag.name in tag_parsing.CODE_TAGS:
            language = tag.title.split(" ")[0] or tag.values.get("lang", "")
            out += [f"{indent}```{language}", *lines[at + 1 : end], f"{indent}```"]
        elif tag.name in ("raw", "markdown", "md"):
            out += lines[at + 1 : end]
        elif tag.name == "comment":
            self.report_loss("comments", " ".join(lines[at + 1 : end]), "")
        else:
            self._container(tag, dedented(lines[at + 1 : end], indent), indent, out)
        return end + 1

    def _end_of_tag(self, lines: list[str], at: int, tag: Tag) -> int | None:
        depth = 1
        i = at + 1
        while i < len(lines) and self.unclosed < MAX_UNCLOSED:
            if tag.name not in tag_parsing.CODE_TAGS and (end := end_of_fence(lines, i)) is not None:
                i = end
                continue
            if (split := tag_parsing.split_line(lines[i], self.has_components)) is not None:
                lines[i : i + 1] = split
            found = tag_parsing.alone(lines[i], self.has_components)
            if found and found[1].name == tag.name and not found[1].is_void:
                depth += -1 if found[1].closes else 1
                if not depth:
                    return i
            i += 1
        self.unclosed += 1
        return None

    def _container(self, tag: Tag, body: list[str], indent: str, out: list[str]) -> None:
        """Append an element with Markdown content: callout, tab, folded part, or text of an unknown one."""
        name = tag.name
        kind = tag_parsing.callout_kind(tag)
        if kind:
            self._quote(label(kind, tag.title), body, indent, out)
        elif name in tag_parsing.TAB_TAGS:
            self._titled(tag.title, body, indent, out)
        elif name in ("details", "dropdown", "expand", "accordion", "collapse", "spoiler"):
            out += ["", f"{indent}**{tag.title or 'Details'}**", ""]
            out += [indent + line if line else line for line in self._blocks(body)]
        elif name == "include":
            out += self._void(tag, indent, tag.title)
        else:
            if name not in tag_parsing.GROUP_TAGS:
                self.report_loss(tag.family, tag.source or name, _("unknown; its text is kept"))
            out += ["", *(indent + line if line else line for line in trimmed(self._blocks(body))), ""]

    def _void(self, tag: Tag, indent: str, source: str) -> list[str]:
        """The lines for an element without content: an image, a video, another file."""
        values = tag.values
        if tag.name in ("image", "figure", "img"):
            return tag_parsing.image_lines(tag, indent)
        if tag.name in ("video", "youtube", "vimeo", "embed"):
            address = tag_parsing.video_address(tag)
            self.report_loss("embeds", source, _("replaced by a link") if address else "")
            return [f"{indent}[{values.get('title') or 'Video'}](<{address}>)"] if address else []
        name = values.get("file") or values.get("source") or values.get("path") or tag.title.split(" ")[0]
        text = self.include(name) if name else None
        if text is None:
            self.report_loss("includes", source, _("file not found"))
            return []
        if tag.name == "code":
            mark = "`" * (3 + max((len(run) for run in re.findall("`{3,}", text)), default=0))
            return [
                f"{indent}{mark}{values.get('language', '')}",
                *text.rstrip("\n").split("\n"),
                f"{indent}{mark}",
            ]
        return [indent + line if line else line for line in self._blocks(text.split("\n"))]

    def _attributes(self, lines: list[str], at: int, out: list[str]) -> int | None:
        """kramdown: classes of the block before or after, some of which make it a callout."""
        if not BLOCK_ATTRIBUTES.match(lines[at]):
            return None
        classes = [
            name.removesuffix("-title").removeprefix("alert-")
            for name in re.findall(r"\.([\w-]+)", lines[at].lower())
        ]
        kind = next((name for name in classes if name in CALLOUTS), "")
        if not kind:
            self.report_loss("attributes", lines[at].strip(), _("of a block"))
            return at + 1
        if not (out and out[-1].strip()):  # the block that follows
            end = next((i for i in range(at + 1, len(lines)) if not lines[i].strip()), len(lines))
            body = [re.sub(r"^[ \t]*>[ \t]?", "", line) for line in lines[at + 1 : end]]
            self._quote(label(kind, ""), body, "", out)
            return end
        start = len(out)
        while start and out[start - 1].strip():
            start -= 1
        body = [re.sub(r"^[ \t]*>[ \t]?", "", line) for line in out[start:]]
        del out[start:]
        self._quote(label(kind, ""), body, "", out)
        return at + 1
