"""HTML of other sites becomes Markdown whose page says the same."""

import html

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.markup.html_to_markdown import convert
from core.markup.markup import render
from tests.fidelity import read

WORDS = [
    "word",
    "snake_case",
    "*",
    "**x",
    "_y_",
    "1.",
    "2)",
    "-",
    "+",
    "#",
    "##",
    "> q",
    "`",
    "a`b",
    "[x]",
    "[x](y)",
    "]",
    "(z)",
    "![i](j)",
    "<",
    "<b>",
    "&",
    "&amp;",
    "&lt;",
    "\\",
    "C:\\dir",
    "\\*",
    "~",
    "~~",
    "|",
    "a|b",
    "---",
    "===",
    "***",
    "http://a.b/c_d_e",
    "é",
    "🙂",
    "\u00a0",
    ":",
    ".",
    "!",
    "'",
    '"',
    "C#",
    "日本",
    "“q”",
    "10",
    "__init__",
    "[1]:",
    "[a]: /b",
    "T<int>",
    "e\u0301",
    "- - -",
]
ADDRESSES = ["http://a.b/c(d)e", "http://x.y/?a=1&copy=2", "https://h/p q", "http://a/[b]", "http://a/*b*_c_"]

pairs = st.tuples(st.sampled_from(WORDS), st.sampled_from(["", " ", "\n"]))
text = st.lists(pairs, min_size=1, max_size=6).map(
    lambda pairs: html.escape("".join(word + gap for word, gap in pairs), quote=False)
)
code_text = (
    st.lists(
        st.sampled_from(["x = 1", "    y", "", "\tt", "```", "````", "> a", "- b", " ", "# c"]),
        min_size=1,
        max_size=5,
    )
    .map("\n".join)
    .map(html.escape)
)


def tagged(name, inner):
    return inner.map(lambda words: f"<{name}>{words}</{name}>")


def chained(parts, most=4):
    return st.lists(parts, min_size=1, max_size=most).map("".join)


# what cannot touch in Markdown (two codes) is kept apart; nesting of a tag in itself says nothing more
words = text.map(lambda found: f" {found} ")
span = st.one_of(
    tagged("em", words),
    tagged("strong", text),
    tagged("s", text),
    tagged("kbd", words),
    tagged("sup", words),
    words.map(lambda found: f" <code>{found.strip()}x</code> "),
    st.sampled_from(ADDRESSES).flatmap(
        lambda url: text.map(lambda found: f'<a href="{html.escape(url)}">w{found}</a>')
    ),
    st.sampled_from(WORDS).map(lambda word: f'<img src="https://i.x/a.png" alt="{html.escape(word)}">'),
)
line = chained(st.one_of(text, span, tagged("strong", chained(st.one_of(text, tagged("em", text)), 2))))
paragraph = tagged("p", chained(st.one_of(line, st.just("<br>"))))


def containers(inner):
    items = chained(st.one_of(tagged("li", line), tagged("li", inner), st.just("<li></li>")), 3)
    start = st.sampled_from(["", ' start="0"', ' start="9"', ' start="99"'])
    row = st.tuples(line, line).map(lambda cells: f"<tr><td>{cells[0]}</td><td>{cells[1]}</td></tr>")
    table = st.tuples(line, chained(row, 2)).map(
        lambda both: f"<table><thead><tr><th>{both[0]}</th><th>h</th></tr></thead>{both[1]}</table>"
    )
    return chained(
        st.one_of(
            paragraph,
            tagged("blockquote", inner),
            tagged("ul", items),
            st.tuples(start, items).map(lambda both: f"<ol{both[0]}>{both[1]}</ol>"),
            table,
            st.just("<hr>"),
            st.tuples(st.integers(1, 6), line).map(lambda both: f"<h{both[0]}>{both[1]}</h{both[0]}>"),
            code_text.map(lambda code: f"<pre><code>{code}\n</code></pre>"),
        ),
        3,
    )


@given(st.recursive(paragraph, containers, max_leaves=8))
@example("<p>word<strong>http://a.b/c_d_e</strong></p>")
@example("<p>http://a.b/c_d_e<strong>word</strong></p>")
@example("<p><em>http://a.b/c_d_e</em>word</p>")
@example("<p><a href='http://x.y/'>http://a.b/c_d_e<strong>word</strong></a></p>")
@example("<p>http://a.b/c_d_e`</p>")
@settings(max_examples=120, deadline=None)
def test_the_page_of_the_markdown_says_what_the_source_said(source):
    markdown = convert(source)
    assert read(source).differences(read(render(markdown).html)) == [], markdown


@pytest.mark.parametrize(
    ("source", "markdown"),
    [
        ("<p>Plain words.</p><p>More.</p>", "Plain words.\n\nMore."),
        ("<p>1. no list<br># no heading</p>", "1\\. no list\\\n\\# no heading"),
        ("<p><b>note:</b>what</p>", "**note:**&#119;hat"),
        ("<p><b>a</b><i>b</i></p>", "**a**_b_"),
        ("<p><a href='https://a.b/c'>https://a.b/c</a></p>", "<https://a.b/c>"),
        ("<p><a href='https://a.b/c_(d)'>t</a></p>", "[t](<https://a.b/c_(d)>)"),
        ("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "- a\n  - b\n- c"),
        ("<ul><li>a</li><ul><li>b</li></ul></ul>", "- a\n  - b"),
        ("<ol start='3'><li><p>a</p><pre><code>x\n</code></pre></li></ol>", "3. a\n\n   ```\n   x\n   ```"),
        ("<ul><li>a</li></ul><ul><li>b</li></ul>", "- a\n\n+ b"),
        ("<pre class='lang-py prettyprint-override'><code>x\n\n\ny\n</code></pre>", "```py\nx\n\n\ny\n```"),
        ("<!-- language: lang-js --><pre><code>x</code></pre>", "```js\nx\n```"),
        ("<pre><code>```\n</code></pre>", "````\n```\n````"),
        ("<blockquote class='spoiler'><p>a</p><p>b</p></blockquote>", "> **Spoiler**\n>\n> a\n>\n> b"),
        (
            "<p>Press <kbd>Ctrl</kbd>, x<sup>2</sup>, <strike>no</strike></p>",
            "Press <kbd>Ctrl</kbd>, x<sup>2</sup>, ~~no~~",
        ),
        (
            "<table><tr><th>a</th><th style='text-align: right;'>b</th></tr><tr><td>x|y</td></tr></table>",
            "| a | b |\n| --- | ---: |\n| x\\|y |  |",
        ),
        ("<script>x</script><!-- y --><p>z</p>", "z"),
        ("<p><img src='data:image/png;base64,AA' alt='a'></p>", "![a](missing:image)"),
        (
            "<a href='https://x/y'><img src='https://x/y' alt='shot'></a>",
            "[![shot](https://x/y)](https://x/y)",
        ),
        (
            "<p>C:\\dir\\x and \\\\server and &amp;lt; and &lt;b&gt;</p>",
            "C:\\dir\\x and \\\\\\server and \\&lt; and \\<b>",
        ),
    ],
)
def test_markdown_is_as_people_write_it(source, markdown):
    assert convert(source) == markdown


@pytest.mark.parametrize("address", ["javascript:alert(1)", "ftp://h/x", "/questions/1", "http://[bad"])
def test_what_may_not_or_cannot_be_linked_keeps_its_words(address):
    assert convert(f'<p><a href="{address}">words</a></p>') == "words"


def test_relative_addresses_are_read_from_the_sites():
    assert convert('<a href="/q/1">w</a>', "https://qa.example") == "[w](https://qa.example/q/1)"
    assert convert('<a href="//h/x">w</a>') == "[w](https://h/x)"


@pytest.mark.parametrize("tag", ["ul><li", "blockquote", "div", "b", "span", "sup", "a href='http://x'"])
@pytest.mark.parametrize("depth", [12, 900])
def test_deep_nesting_keeps_the_words(tag, depth):
    source = f"<{tag}>" * depth + "innermost"
    assert "innermost" in render(convert(source)).html
