"""Keys, raised and lowered words and line ends: the only HTML that Markdown texts may hold."""

import pytest

from core.markup.markup import render


@pytest.mark.parametrize(
    ("text", "html"),
    [
        (
            "Press <kbd>Ctrl</kbd>+<kbd>**C**</kbd>",
            "<p>Press <kbd>Ctrl</kbd>+<kbd><strong>C</strong></kbd></p>",
        ),
        ("x<sup>2</sup>, H<sub>2</sub>O", "<p>x<sup>2</sup>, H<sub>2</sub>O</p>"),
        ("a<br>b<br/>c", "<p>a<br>\nb<br>\nc</p>"),
        ("`<kbd>a</kbd>`", "<p><code>&lt;kbd&gt;a&lt;/kbd&gt;</code></p>"),
        ("<kbd>never closed", "<p>&lt;kbd&gt;never closed</p>"),
        ("<kbd onclick=x>a</kbd>", "<p>&lt;kbd onclick=x&gt;a&lt;/kbd&gt;</p>"),
        ("\\<kbd>a</kbd>", "<p>&lt;kbd&gt;a&lt;/kbd&gt;</p>"),
        ("<kbd><script>x</script></kbd>", "<p><kbd>&lt;script&gt;x&lt;/script&gt;</kbd></p>"),
        ("<kbd>[a](javascript:1)</kbd>", "<p><kbd>[a](javascript:1)</kbd></p>"),
        ("<kbd>a\n\nb</kbd>", "<p>&lt;kbd&gt;a</p>\n<p>b&lt;/kbd&gt;</p>"),
    ],
)
def test_plain_tags(text, html):
    assert render(text).html.strip() == html


def test_a_picture_in_a_link_is_the_links_words():
    page = render("[![a\\_b](https://h/i.png)](https://h/y) ![c](https://h/z.png)").html
    assert page.count("<a ") == 2 and ">a_b</a>" in page and ">c</a>" in page
