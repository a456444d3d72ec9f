"""Parsing of lines in Markdown dialects: code fences, labels, indented blocks."""

import re
import textwrap

LANGUAGES = {
    "azurepowershell": "powershell",
    "powershell-interactive": "powershell",
    "posh": "powershell",
    "registry": "reg",
    "shell-session": "console",
    "terminal": "console",
    "yml": "yaml",
}

FENCE = re.compile(
    r"^(?P<indent>[ \t]*)(?P<item>(?:[-*+]|\d{1,9}[.)])[ \t]+)?(?P<mark>`{3,}(?=[^`\n]*$)|~{3,})"
    r"[ \t]*(?P<info>.*)$"
)


def match_fence(line: str) -> re.Match[str]:
    """The match of a line that opens a code block. Raises ValueError for other lines."""
    found = FENCE.match(line)
    if found is None:
        raise ValueError(f"no code fence: {line}")
    return found


def end_of_fence(lines: list[str], at: int) -> int | None:
    """The index of the line after the code block that begins at line `at`; None when none does."""
    opening = FENCE.match(lines[at])
    if not opening:
        return None
    closing = re.compile(rf"[ \t]*{opening['mark'][0]}{{{len(opening['mark'])},}}[ \t]*$")
    return next((i + 1 for i in range(at + 1, len(lines)) if closing.match(lines[i])), len(lines))


def label(kind: str, title: str) -> str:
    """The bold label of a callout: its kind, and its title if it has one."""
    kind = kind.replace("-", " ").replace("_", " ").strip()
    kind = kind[:1].upper() + kind[1:].lower()
    title = re.sub(r"\*\*|__", "", title.strip())
    return f"**{kind}**" if not title or title.lower() == kind.lower() else f"**{kind}: {title}**"


def code_info(info: str) -> tuple[str, str, str]:
    """(language, title, other options) of a code block."""
    if not info:
        return "", "", ""
    labelled = re.search(r"\b(?:title|file(?:name)?|caption|name)=(?:\"([^\"]*)\"|'([^']*)'|(\S+))", info)
    named = re.search(r"(?<=\s)\[([^\]]+)\]\s*$", info)
    language = re.match(r"\{?\s*[.`]?([\w+#.-]+)", info)
    name = ""
    if language and "=" not in language[0] + info[language.end() : language.end() + 1]:
        name = language[1].lower()
    name = name.removesuffix("-interactive")
    rest = info[language.end() :] if language and name else info
    for known in (labelled, named):
        rest = rest.replace(known[0], "") if known else rest
    title = ""
    if labelled:
        title = next((group for group in labelled.groups() if group), "")
    elif named:
        title = named[1]
    return LANGUAGES.get(name, name), title.replace("*", ""), rest.strip(" {}`")


def indented(lines: list[str], at: int, indent: int) -> tuple[list[str], int]:
    """(the lines below `at` that are indented by four more columns, dedented; the index after them)."""
    body: list[str] = []
    end = at + 1
    for i in range(at + 1, len(lines)):
        line = (
            lines[i].expandtabs(4) if lines[i][:1] in " \t" and "\t" in lines[i][: indent + 4] else lines[i]
        )
        if not line.strip():
            body.append("")
            continue
        if len(line) - len(line.lstrip(" ")) < indent + 4:
            break
        body.append(line[indent + 4 :])
        end = i + 1
    return trimmed(body[: end - at - 1]), end


def trimmed(lines: list[str]) -> list[str]:
    """The lines without blank ones at start and end."""
    start = 0
    end = len(lines)
    while start < end and not lines[start].strip():
        start += 1
    while end > start and not lines[end - 1].strip():
        end -= 1
    return lines[start:end]


def dedented(lines: list[str], indent: str) -> list[str]:
    """The lines without their common indentation; four columns would be code."""
    return textwrap.dedent("\n".join(lines)).split("\n") if lines else []
