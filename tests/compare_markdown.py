"""Counts by kind what a folder of Markdown holds and what an import made of it: who lost what?

Knows nothing of the importer's code: the source is read as other renderers read it (raw HTML on, admonitions
dedented, shortcodes named by their spelling), the result is the HTML that readers get.

    .venv/bin/python -m tests.compare_markdown FOLDER…      prints a table for each folder
"""

import csv
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from bs4 import BeautifulSoup
from markdown_it import MarkdownIt

ROOT = Path(__file__).parent.parent
KINDS = ("links", "images", "tables", "code blocks", "headings", "callouts")
PAGES = (".md", ".markdown", ".mdx")
CALLOUT = re.compile(
    r"^[ \t]*(?:!!!|\?\?\?\+?)[ \t]*\w+|^[ \t>]*>[ \t]*\[!(?!INCLUDE|VIDEO|div|code)\w+\]"
    r"|^[ \t]*:{3,}[ \t]*\{?(?:note|tip|warning|danger|caution|info|important)\b"
    r"|\{\{[<%]\s*(?:hint|note|tip|warning|notice|callout|admonition|alert)\b",
    re.M | re.I,
)
WIKI_PAGE = re.compile(r"\[\[[a-z0-9][\w-]+\]\]", re.I)
LABEL = re.compile(r"<blockquote>\s*<p><strong>[A-Z]")
FRONT = re.compile(r"\A\ufeff?(---|\+\+\+)[ \t]*\n(?:.*\n)*?\1[ \t]*\n")


@dataclass
class Count:
    """How many of each kind a folder's pages have in the source and in the result."""

    source: Counter = field(default_factory=Counter)
    result: Counter = field(default_factory=Counter)
    pages: int = 0
    differing: list[str] = field(default_factory=list)  # pages whose difference is not what was counted


def _renderer() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": True})
    made.enable(["table", "strikethrough"])
    return made


def of_source(text: str, title: str = "") -> Counter:
    """What one file holds, without the heading that is its title."""
    text = FRONT.sub("", text.replace("\r\n", "\n"))
    text = re.sub(r"<!--.*?-->", "", text, flags=re.S) if "<!--" in _without_code(text) else text
    found = Counter({"callouts": len(CALLOUT.findall(_without_code(text)))})
    text = re.sub(
        r"^([ \t]*)(?:!!!|\?\?\?\+?)[ \t]*\w+.*\n((?:\1(?: {4}|\t).*\n|[ \t]*\n)*)",
        lambda block: re.sub(r"^(?: {4}|\t)", "", block[2], flags=re.M) + "\n",
        text + "\n",
        flags=re.M,
    )
    text = re.sub(
        r"\{\{[<%]\s*(?:rel)?ref\s+\"([^\"]*)\"\s*[%>]\}\}",
        lambda ref: ref[1] if ref.string[ref.start() - 1] == "(" else f"[ref]({ref[1]})",
        text,
    )
    text = re.sub(r"\{\{[<%].*?[%>]\}\}", "", text)
    text = re.sub(r"^[ \t]*:::image\b.*?source=\"([^\"]*)\".*:::", r"![x](\1)", text, flags=re.M)
    text = re.sub(r"\[!INCLUDE\s*\[[^\]]*\]\([^)]*\)\]|\]\(#tab/[^)]*\)", "", text)
    text = re.sub(r"\[!VIDEO\s+(https?:[^\]\s]+)\s*\]", r"[x](<\1>)", text)
    text = re.sub(r"<iframe\b[^>]*\bsrc=\"([^\"]*)\"[^>]*>\s*</iframe>", r'<a href="\1">x</a>', text)
    text = (
        re.sub(r"\[\[([\w -]+)(?:\|([\w -]+))?\]\]", r"[x](<\1>)", text)
        if "[[" in _without_code(text) and (WIKI_PAGE.search(text))
        else text
    )
    html = _renderer().render(text)
    found["callouts"] += len(LABEL.findall(html))  # quotes that look like one
    soup = BeautifulSoup(html, "html.parser")
    first = soup.find("h1")
    if first and " ".join(first.get_text().split()) == title:
        found["headings"] -= 1
    found.update(_of_html(soup))
    found["links"] += len(
        [image for image in soup.find_all("img", src=re.compile("^https?:")) if not image.find_parent("a")]
    )  # a link stands for a picture of elsewhere
    return found


def of_result(html: str) -> Counter:
    """What one imported page shows, without what becomes a link by itself."""
    soup = BeautifulSoup(html, "html.parser")
    for link in soup.find_all("a"):
        words, address = link.get_text().strip(), link.get("href", "")
        if address in (words, f"http://{words}", f"mailto:{words}") or re.match(
            "/(identifiers|users)/", address
        ):
            link["class"] = "bare"
    return Counter({"callouts": len(LABEL.findall(html))}) + _of_html(soup)


def _of_html(soup: BeautifulSoup) -> Counter:
    links = [
        link
        for link in soup.find_all("a")
        if link.get("href") and link.get("class") != "bare" and link["href"] != link.get_text().strip()
    ]
    return Counter(
        {
            "links": len(links),
            "images": len(soup.find_all("img")),
            "tables": len(soup.find_all("table")),
            "code blocks": len(soup.find_all("pre")),
            "headings": len(
                [
                    heading
                    for heading in soup.find_all(re.compile("^h[1-6]$"))
                    if heading.get_text().strip() or heading.find("img")
                ]
            ),
        }
    )


def _without_code(text: str) -> str:
    return re.sub(r"^[ \t]*(`{3,}|~{3,}).*?^[ \t]*\1[ \t]*$|`[^`\n]+`", "", text, flags=re.M | re.S)


def compare(folder: Path, shown: dict[str, tuple[str, str]], lost: Counter) -> Count:
    """The counts of a folder; `shown` is (title, HTML) by path, `lost` what was counted by (kind, path)."""
    count = Count()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        key = name if len(name) <= 60 else hashlib.sha256(name.encode()).hexdigest()[:60]
        if path.suffix.lower() not in PAGES or key not in shown:
            continue
        raw = path.read_bytes()
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            text = raw.decode("cp1252", "replace")
        title, html = shown[key]
        source, result = of_source(text, title), of_result(html)
        count.pages += 1
        count.source += source
        count.result += result
        count.differing += [
            f"{name}: {kind}: {source[kind]} became {result[kind]}, {lost[kind, name]} counted"
            for kind in KINDS
            if source[kind] - result[kind] != lost[kind, name]
        ]
    return count


def bring(folder: Path, instance: Path, *options: str) -> tuple[dict, dict[str, tuple[str, str]], Counter]:
    """Import a folder into its own instance: (report, (title, HTML) by path, losses by (kind, path))."""
    environment = os.environ | {"REDOUBT_INSTANCE": str(instance), "REDOUBT_WORKER": "off"}
    listed = Path(f"{instance}-losses.csv")
    done = subprocess.run(
        [sys.executable, "-m", "flask", "import", "articles", str(folder), "--losses", str(listed), *options],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    report = json.loads(done.stdout.strip().splitlines()[-1])
    code = (
        "import json; from app import create_app; from kb.models import Article\n"
        "from core.database.db import db\n"
        "with create_app().app_context():\n"
        " print(json.dumps({a.external_id: (a.title, a.body_html)"
        " for a in db.session.scalars(db.select(Article))}))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    lost: Counter = Counter()
    if listed.exists():
        with listed.open(newline="") as file:
            lost.update((row["kind"], row["page"].removeprefix("'")) for row in csv.DictReader(file))
    return report, json.loads(shown.stdout.strip().splitlines()[-1]), lost


def table(folder: Path, count: Count, losses: dict[str, int]) -> str:
    """The counts as lines of text."""
    lines = [
        f"{folder.name}: {count.pages:,} pages",
        f"{'kind':12}{'source':>8}{'result':>8}{'gone':>8}{'counted':>9}",
    ]
    lines += [
        f"{kind:12}{count.source[kind]:8,}{count.result[kind]:8,}"
        f"{count.source[kind] - count.result[kind]:8,}{losses.get(kind, 0):9,}"
        for kind in KINDS
    ]
    others = ", ".join(f"{name} {number:,}" for name, number in losses.items() if name not in KINDS)
    return "\n".join([*lines, f"also counted: {others or 'nothing'}"])


def main(folders: list[str]) -> None:
    """Print a table for each folder, and the pages whose losses were not all counted."""
    for name in folders:
        with tempfile.TemporaryDirectory() as place:
            report, shown, lost = bring(Path(name), Path(place) / "instance")
            count = compare(Path(name), shown, lost)
            print(table(Path(name), count, report["losses"]), *count.differing, sep="\n", end="\n\n")


if __name__ == "__main__":
    main(sys.argv[1:])
