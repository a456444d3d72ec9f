"""HTML of other sites becomes clean Markdown that renders to the same words and structure."""

import re

from markdownify import ATX, MarkdownConverter

LANGUAGE = re.compile(r"(?:lang|language)-([\w+#.-]+)")


class _Converter(MarkdownConverter):
    """markdownify with what forum posts need: safe fences, languages, images as links."""

    class Options:
        """Our choices among markdownify's."""

        heading_style = ATX
        bullets = "-"
        escape_misc = True
        escape_asterisks = True
        escape_underscores = True
        strip = ["script", "style"]
        sup_symbol = ""
        sub_symbol = ""

    def convert_pre(self, el, text, parent_tags):
        """A code block, fenced by more backticks than it holds."""
        code = el.get_text().strip("\n")
        classes = " ".join(el.get("class", []) + (el.code.get("class", []) if el.code else []))
        language = match[1] if (match := LANGUAGE.search(classes)) else ""
        longest = max((len(run) for run in re.findall(r"`+", code)), default=0)
        fence = "`" * max(3, longest + 1)
        return f"\n\n{fence}{language}\n{code}\n{fence}\n\n"

    def convert_img(self, el, text, parent_tags):
        """Remote pictures are kept as links inside our renderer."""
        source = (el.get("src") or "").strip().replace(" ", "%20")
        alt = re.sub(r"([\[\]\\])", r"\\\1", el.get("alt") or "image")
        if "a" in parent_tags:
            return alt
        return f"![{alt}](<{source}>)" if source else alt


def convert(html: str) -> str:
    """HTML of a post → Markdown."""
    text = _Converter().convert(html)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def convert_inline(text: str) -> str:
    """A comment's mini-Markdown, with block syntax at line starts made plain."""
    return re.sub(r"(?m)^(\s*)([#>+-]|\d+[.)])(?=\s)", r"\1\\\2", text.strip())
