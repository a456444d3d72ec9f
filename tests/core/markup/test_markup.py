"""Markdown to safe HTML: what survives, what does not, and that size and threads change nothing."""

from concurrent.futures import ThreadPoolExecutor

import bleach
import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

from core.limits.budgets import Budget
from core.markup import markdown_rules, markup
from core.markup.markup import TooLong, render, to_text

STOCK = bleach.Cleaner(
    tags=markup.TAGS, attributes=markup._allowed, protocols=markup.SCHEMES, strip=True, strip_comments=True
)
EVIL = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[a](javascript:alert(1))",
    "[a](javascript:123)",
    "[a](JaVaScRiPt:1)",
    "[a](java\nscript:1)",
    "[a](&#x6A;avascript:1)",
    "[a](data:text/html,<script>1</script>)",
    "[a](vbscript:1)",
    "<javascript:alert(1)>",
    "[a](tel:112)",
    "![a](javascript:1)",
    '![a" onload="1](https://example.org)',
    '[a](https://example.org "t\\" onclick=\\"1")',
    "<svg><style><img src=x onerror=1></style></svg>",
    "<math><mtext></mtext></math>",
    "&lt;script&gt;",
    "```html\n<script>alert(1)</script>\n```",
    "`<script>`",
    "<!-- --><b onclick=1>",
    "[x]: javascript:1\n[x]",
    "| a |\n|:-:|\n| <img onerror=1> |",
    "# <script>\n",
    "[a](//evil.example)",
    "[a](\\\\evil)",
    "<a href=x>y</a>",
    "[a](https://example.org/?q=<script>)",
    "\u202e[a](javascript:1)",
    "[a](\x01javascript:1)",
    '```x" onclick="1\ncode\n```',
    "```py <script>alert(1)</script>\nx\n```",
    'https://a.b/"onclick="1',
    "https://a.b/<img/src=x/onerror=1>",
    "javascript://a.b/%0aalert(1)",
    'www.a.b"><script>',
    "@<script>",
    'CVE-2020-1234"><b>',
    "http://javascript:alert(1)@a.b",
    "mailto:a@b.c?body=<script>",
    '[<b>]: x "<i>"',
    "[x]: http://a.b \"' onclick='1\"\n\n[x]",
    "![a](missing:<script>)",
    '[a](missing:" onclick=1)',
    '[![a](http://b/"x)](http://c)',
    "|a|\n|-|\n|b|<script>|",
    "www.a.b\u202e\u2066",
    "<noscript><p title='</noscript><img src=x onerror=1>'>",
]
ATTRIBUTES = {
    "a": {"href", "title", "rel"},
    "ol": {"start"},
    "div": {"class"},
    "span": {"class"},
    "code": {"class"},
    "td": {"class"},
    "th": {"class"},
    **{f"h{n}": {"id"} for n in range(1, 7)},
}


def assert_safe(rendered):
    for element in BeautifulSoup(rendered, "html.parser").find_all(True):
        assert element.name in markup.TAGS, rendered
        assert set(element.attrs) <= ATTRIBUTES.get(element.name, set()), rendered
        if "href" in element.attrs:
            assert markup.is_safe_url(element["href"]), rendered
            scheme = element["href"].split(":")[0].lower() if ":" in element["href"].split("/")[0] else ""
            assert scheme in ("", "http", "https", "mailto"), rendered


@pytest.mark.parametrize("text", EVIL, ids=range(len(EVIL)))
def test_hostile_markdown_is_harmless(text):
    assert_safe(render(text).html)
    assert_safe(render(f"> - {text}\n\n**{text}**").html)


def environment():
    return markdown_rules.environment(Budget(10**7, 60), {})


def html(text):
    return markup._finish(markup._markdown.render(text, environment()))


@given(st.text(alphabet=st.sampled_from("<>\"'&;:/()[]!`*_#|-\n aBj\x01=script@w."), max_size=120))
@settings(max_examples=400, deadline=None)
def test_no_text_makes_unsafe_html(text):
    assert_safe(render(text).html)


@given(st.text(alphabet=st.sampled_from("<>\"'&;:/()[]!`*_#|-\n ab;&amp"), max_size=200))
@settings(max_examples=300, deadline=None)
def test_our_tree_gives_what_bleach_gives(text):
    dirty = markup._markdown.render(text, environment())
    assert markup._clean(dirty) == STOCK.clean(dirty)


def test_entities_in_text_stay_what_was_typed():
    assert to_text(render('a &amp; b < c > d "e" &lt;i&gt; `x && y`').html).strip() == (
        'a & b < c > d "e" <i> x && y'
    )


def test_threads_do_not_mix_their_texts():
    texts = [f"# Title {n}\n\n" + f"word{n} `code{n}` & more\n\n" * 40 for n in range(32)]
    alone = [html(text) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(4):
            assert list(pool.map(html, texts)) == alone


@pytest.mark.parametrize("text", ["a" * 200_001, "&" * 200_000, "a\n\n" * 66_000, "# x\n" * 50_000])
def test_what_would_become_a_huge_page_is_refused_with_a_sentence(app, text):
    with pytest.raises(TooLong, match=r"Keep the text|page would be too large|too much markup"):
        render(text)


@pytest.mark.parametrize(
    "text",
    [
        "> " * 9000,
        "[" * 9000,
        "- " * 9000,
        "*a_ " * 4000,
        "`" * 9000,
        "[a](b" * 4000,
        "|" * 9000,
        "<" * 9000,
        "![[" * 4000,
    ],
)
def test_nesting_without_end_is_survived(text):
    assert_safe(render(text).html)


def test_headings_have_names_of_their_own():
    rendered = render("## Steps\n\ntext\n\n## Steps\n\n## `code` & more").html
    assert [name for _, name, _ in markup.headings(rendered)] == ["h-steps", "h-steps-1", "h-code-more"]


def test_control_characters_are_shown():
    assert render("a\x00b\x07c\td").source == "a␀b␇c\td"
