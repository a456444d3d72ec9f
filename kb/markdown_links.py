"""Markdown files of elsewhere: simple HTML made Markdown, links found outside code and rewritten."""

import re
from collections.abc import Callable

FENCE = re.compile(r"^\s{0,3}(?:>\s*|[-*+]\s+|\d+[.)]\s+)*\s*(`{3,}|~{3,})(.*)$")
CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.S)
INLINE = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\[\]]*\]|!\[[^\]]*\]\([^)]*\))*)\]\(\s*"
                    r"(?:<([^>\n]+)>|([^\s()]+(?:\([^\s()]*\)[^\s()]*)*))(\s+(?:\"[^\"]*\"|'[^']*'))?\s*\)")
REFERENCE = re.compile(r"^(\s{0,3}\[[^\]^][^\]]*\]:\s*)<?([^\s>]+)>?(.*)$", re.M)


def outside_code(text: str, change: Callable[[str], str]) -> str:
    """Apply `change` to what is neither in a fence nor in a code span."""
    out, plain, fence = [], [], ""

    def flush() -> None:
        whole, last = "".join(plain), 0
        for code in CODE.finditer(whole):
            out.append(change(whole[last:code.start()]))
            out.append(code[0])
            last = code.end()
        out.append(change(whole[last:]))
        plain.clear()

    for line in text.splitlines(keepends=True):
        mark = FENCE.match(line.rstrip("\n"))
        if fence:
            out.append(line)
            closes = line.strip()
            if closes.startswith(fence) and not closes.strip(fence[0]):
                fence = ""
        elif mark and not (mark[1][0] == "`" and "`" in mark[2]):
            flush()
            fence = mark[1]
            out.append(line)
        else:
            plain.append(line)
    flush()
    return "".join(out)


def plain_html(text: str) -> str:
    """The HTML people write inside Markdown, as Markdown; the rest stays visible as text."""
    text = re.sub(r"<!--.*?-->", "", text, flags=re.S)
    text = re.sub(r"<br\s*/?>", " ", text, flags=re.I)
    text = re.sub(r"<img\b[^>]*?>", _image, text, flags=re.I)
    text = re.sub(r"<a\b[^>]*?href=[\"']([^\"']+)[\"'][^>]*>(.*?)</a>", r"[\2](\1)", text,
                  flags=re.I | re.S)
    text = re.sub(r"</?(?:strong|b)>", "**", text, flags=re.I)
    text = re.sub(r"</?(?:em|i)>", "*", text, flags=re.I)
    text = re.sub(r"<summary>(.*?)</summary>", r"\n**\1**\n", text, flags=re.I | re.S)
    return re.sub(r"</?(?:details|div|center|p)\b[^>]*>|<a\b[^>]*>(?:</a>)?", "", text, flags=re.I)


def _image(match: re.Match) -> str:
    facts = dict(re.findall(r"(src|alt)=[\"']([^\"']*)[\"']", match[0], flags=re.I))
    return f"![{facts.get('alt') or 'image'}](<{facts.get('src', '')}>)"


def rewrite(text: str, new_url: Callable[[str, bool], str | None]) -> str:
    """Give every link and image `new_url(url, is image)`; None means the target is not there."""

    def inline(match: re.Match) -> str:
        bang, words, url, title = match[1], match[2], match[3] or match[4], match[5] or ""
        if "](" in words:
            words = INLINE.sub(inline, words)
        target = new_url(url, bool(bang))
        if target is None:
            return f"![{words or 'file'}](missing:{_name(url)})"
        target = f"<{target}>" if re.search(r"[\s()]", target) else target
        return f"{bang}[{words}]({target}{title})"

    def reference(match: re.Match) -> str:
        target = new_url(match[2], False)
        return f"{match[1]}{target or 'missing:' + _name(match[2])}{match[3]}"

    return outside_code(text, lambda part: REFERENCE.sub(reference, INLINE.sub(inline, part)))


def _name(url: str) -> str:
    return re.sub(r"[^\w.%+-]", "_", url.split("#")[0].rstrip("/").split("/")[-1]) or "file"
