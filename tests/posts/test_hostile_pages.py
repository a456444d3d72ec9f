"""Hostile Markdown through the real site in Chromium: nothing runs, nothing is asked of other sites."""

import pytest

from core.database.db import db
from tests import browsing

pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.skipif(browsing.CHROMIUM is None, reason="no Chromium on this machine"),
]
MAX_TEXT_CHARACTERS = 24_000  # of one question
EVIL = "evil.invalid"
ADDRESSES = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "java\nscript:alert(1)",
    "java&#9;script:alert(1)",
    "java&Tab;script:alert(1)",
    "java&NewLine;script&colon;alert(1)",
    "&#106;avascript:alert(1)",
    "&#x6A;avascript:alert(1)",
    "&#0000106avascript:alert(1)",
    "javascript&#58;alert(1)",
    "javascript&colon;alert(1)",
    "\x01javascript:alert(1)",
    " javascript:alert(1)",
    "%6Aavascript:alert(1)",
    "javascript%3Aalert(1)",
    f"javascript://{EVIL}/%0aalert(1)",
    "javascript\u200b:alert(1)",
    "\u00a0javascript:alert(1)",
    "javascript\\:alert(1)",
    "javascript:123",
    "vbscript:msgbox(1)",
    "data:text/html,<script>alert(1)</script>",
    "DATA:text/html,x",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    "data:image/svg+xml,<svg onload=alert(1)>",
    "data:;base64,PHNjcmlwdD4=",
    "file:///etc/passwd",
    "blob:https://x/1",
    "filesystem:https://x/1",
    "view-source:javascript:alert(1)",
    "feed:javascript:alert(1)",
    "about:blank",
    "ms-msdt:/id",
    "tel:1",
    "intent://x#Intent;end",
    f"ws://{EVIL}",
    f"//{EVIL}/x",
    f"///{EVIL}/x",
    f"/\\{EVIL}/x",
    f"\\\\{EVIL}/x",
    f"/\t/{EVIL}/x",
    f"/&#9;/{EVIL}/x",
    f"https:{EVIL}/x",
    f"https:/{EVIL}/x",
    f"http:\\\\{EVIL}/x",
    f"HTTP://{EVIL}/x",
    f"hTTps:{EVIL}",
    f"https://a@{EVIL}/x",
    f"https://[{EVIL}/x",
    "http://a.b/'onclick='",
    f'https://{EVIL}/"onmouseover="alert(1)',
    f"https://{EVIL}/\u202egpj.exe",
    "missing:javascript:alert(1)",
    'missing:"><img src=x onerror=alert(1)>',
    "mailto:a@b.c?body=<script>",
    'mailto:"><svg/onload=alert(1)>',
    '#"><script>alert(1)</script>',
    "?q=<script>alert(1)</script>",
    "x:y",
    ":",
    "//",
    "http://",
    "./x:y",
]
PLACES = [
    "[a]({})",
    "[a](<{}>)",
    '[a]({} "t")',
    "![a]({})",
    "[![a]({})](https://a.invalid)",
    "[![a](https://a.invalid/a.png)]({})",
    "<{}>",
    "[l{n}]: {}\n\n[l{n}]",
    "{}",
    "[{}](x)",
    "[a](x '{}')",
    "# {} @alice",
    "| [a]({}) |\n|-|\n| {} |",
    '<a href="{}">a</a>',
    "> - [a]({})",
    "**[*a*]({})**",
]
MARKUP = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.invalid/x.js></sCrIpT>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    '<svg><a xlink:href="javascript:alert(1)"><text>a</text></a></svg>',
    "<img src=x onerror=alert(1)>",
    "<img src=//evil.invalid/x.png>",
    "<IMG SRC=`javascript:alert(1)`>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<object data=//evil.invalid/x></object>",
    "<embed src=//evil.invalid/x>",
    "<base href=//evil.invalid/>",
    "<link rel=stylesheet href=//evil.invalid/x.css>",
    "<meta http-equiv=refresh content='0;url=//evil.invalid'>",
    "<style>@import '//evil.invalid/x.css'</style>",
    "<form action=//evil.invalid><button>a</button></form>",
    "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<video src=x onerror=alert(1)>",
    "<audio src=x onerror=alert(1)>",
    "<body onload=alert(1)>",
    "<marquee onstart=alert(1)>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<template><script>alert(1)</script>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<xmp><img src=x onerror=alert(1)></xmp>",
    "<textarea><img src=x onerror=alert(1)></textarea>",
    "<title><img src=x onerror=alert(1)></title>",
    "<plaintext>",
    "<!--><img src=x onerror=alert(1)>-->",
    '<!--<img src="--><img src=x onerror=alert(1)//">',
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<?php echo 1 ?>",
    '<!DOCTYPE x [<!ENTITY a "b">]>',
    "<kbd onclick=alert(1)>a</kbd>",
    "<kbd><kbd></sub><img src=x onerror=alert(1)></kbd></kbd>",
    "<sub>[a](<javascript:alert(1)>)</sub>",
    "<br onclick=alert(1)>",
    "<br/onclick=alert(1)>",
    "<a/b/onclick=1>a",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "<<script>alert(1)//<",
    "</div></div></article><script>alert(1)</script>",
    "{{ 7*7 }}{% raw %}${7*7}",
    "\\<script>alert(1)\\</script>",
    '```"><img src=x onerror=alert(1)>\na\n```',
    "```js onclick=alert(1)\na\n```",
    '```x" onclick="alert(1)\na\n```',
    "```html\n<script>alert(1)</script>\n```",
    "```php\n<?php echo '<img src=x onerror=alert(1)>';\n```",
    "```markdown\n[a](javascript:alert(1))\n```",
    "~~~<svg/onload=alert(1)>\na\n~~~",
    "`<img src=x onerror=alert(1)>`",
    '# "><img src=x onerror=alert(1)>',
    "# <a id=x onclick=alert(1)>a</a>",
    '## " onmouseover="alert(1)',
    '[a](x "\\"><img src=x onerror=alert(1)>")',
    "[a](x '\" onmouseover=\"alert(1)')",
    '!["onerror="alert(1)](x)',
    "[a](x 'CVE-2024-1111 @alice https://a.invalid')",
    "![CVE-2024-1111 @alice](https://a.invalid/CVE-2024-1111)",
    "[KB5033118 @alice https://b.invalid](https://a.invalid/@alice)",
    "<https://a.invalid/@alice/CVE-2024-1111>",
    "https://a.invalid/@alice/CVE-2024-1111?x=KB5033118",
    "`@alice CVE-2024-1111 https://a.invalid`",
    'CVE-2024-1111" onclick="alert(1)',
    "KB5033118<script>",
    "RB-2026-040'><img src=x onerror=alert(1)>",
    '@alice"><img src=x onerror=alert(1)>',
    "GHSA-aaaa-bbbb-cccc/../../x",
    "http://a.invalid/\"'><img src=x>",
    "http://a.invalid/<script>alert(1)</script>",
    "http://a.invalid/&quot;onclick=&quot;alert(1)",
    "www.evil.invalid/javascript:alert(1)",
    "http://javascript:alert(1)@a.invalid",
    "http://a.invalid\\@evil.invalid",
    "[^1]: <script>alert(1)</script>",
    "[^1]: javascript:alert(1)\n\n[^1]",
    "[x]: <javascript:alert(1)>\n\n[x][]",
    "[y]: javascript:alert(1) '\" onclick=alert(1)'\n\n![y]",
    "[[a](javascript:alert(1))](https://a.invalid)",
    "<https://a.invalid/<https://b.invalid>>",
    "[<https://b.invalid>](javascript:alert(1))",
    '[a](https://a.invalid "t" onclick=alert(1))',
    "[a](https://a.invalid){onclick=alert(1)}",
    "[a](javascript&#x3A;alert&#x28;1&#x29;)",
    "![a](data:image/svg+xml;base64,PHN2Zy8+)",
    "\x1b]8;;http://a\x07a",
    "|<img src=x onerror=alert(1)>|\n|-|\n|<script>alert(1)</script>|",
    "1. <script>\n2. alert(1)</script>",
    "- [ ] <input type=checkbox onclick=alert(1)>",
    "a\u2028<script>alert(1)</script>",
    "\u202e<script>alert(1)",
    "ａ<ｓcript>alert(1)</ｓcript>",
    "＜script＞alert(1)＜/script＞",
    "<scr\x00ipt>alert(1)</scr\x00ipt>",
]
SNIPPETS = [
    *MARKUP,
    *(
        place.replace("{n}", str(number * 100 + at)).replace("{}", address)
        for number, address in enumerate(ADDRESSES)
        for at, place in enumerate(PLACES)
    ),
]
# What the reader's browser made of the text, by its own parsers.
LOOK = r"""() => [...document.querySelectorAll('.prose, .prose *')].flatMap((each) => {
  if (each.matches('div.highlight > button, div.highlight > button *')) return [];  // the site's own
  const found = each.getAttributeNames().filter((name) => !['class', 'id', 'href', 'title', 'rel', 'dir',
    'tabindex', 'start'].includes(name)).map((name) => `${each.tagName} ${name}`);
  if (!ALLOWED.includes(each.localName)) found.push(each.tagName);
  if (each.localName === 'a' && each.hasAttribute('href')) {
    const broken = each.protocol === ':' && /^(https?:|\/\/)/i.test(each.getAttribute('href'));
    if (!['http:', 'https:', 'mailto:'].includes(each.protocol) && !broken) found.push(each.outerHTML);
    if (each.protocol !== 'mailto:' && each.host !== location.host && !each.rel.includes('nofollow')
        && each.host) found.push(`rel ${each.outerHTML}`);
  }
  return found;
})""".replace(
    "ALLOWED",
    str(
        "a p br hr h1 h2 h3 h4 h5 h6 em strong s del ul ol li blockquote pre code kbd sup "
        "sub table thead tbody tr th td div span".split()
    ),
)


def texts():
    """The snippets, as few texts as they fit into."""
    text = ""
    for snippet in SNIPPETS:
        if len(text) + len(snippet) > MAX_TEXT_CHARACTERS:
            yield text
            text = ""
        text += f"{snippet}\n\n"
    yield text


@pytest.fixture
def page(app):
    """(page of a browser, address of the site, what happened on the page that must not)."""
    happened = []
    with browsing.served(app) as address, browsing.chromium() as browser:
        opened = browser.new_context().new_page()
        opened.on("dialog", lambda dialog: (happened.append(f"dialog {dialog.message}"), dialog.dismiss()))
        opened.on(
            "request",
            lambda request: (
                request.url.startswith((address, "data:")) or happened.append(f"request {request.url}")
            ),
        )
        opened.on(
            "console", lambda line: "Content Security Policy" in line.text and happened.append(line.text)
        )
        yield opened, address, happened


def test_nothing_runs_and_nothing_leaves(app, login, member, page):
    assert len(SNIPPETS) > 1_000
    browser_page, address, happened = page
    client = login(member)
    for number, text in enumerate(texts()):
        answer = client.post(
            "/questions/ask",
            data={
                "title": f"What does this page number {number} do?",
                "body": text,
                "tags": "patching",
                "checked": "1",
            },
        )
        assert answer.status_code == 302, answer.text[:2000]
        browser_page.goto(address + answer.location)
        assert "\n".join(browser_page.evaluate(LOOK)) == ""
    assert happened == []


def test_the_preview_of_a_suggested_edit_is_as_safe_and_works_for_members(
    app, login, make_user, make_article, page
):
    browser_page, address, happened = page
    article = make_article(body="A step of the guide, and what it is for.\n\n" * 800)
    client = login(make_user("reader"))
    db.session.commit()
    cookie = client.get_cookie("session")
    browser_page.context.add_cookies([{"name": "session", "value": cookie.value, "url": address}])
    browser_page.goto(f"{address}/posts/{article.id}/suggest")
    area = browser_page.locator("textarea[name=body]")
    area.evaluate("(area, more) => { area.value += more }", next(texts()))
    browser_page.click("[data-preview-button]")
    browser_page.wait_for_selector("[data-preview] .prose p")
    assert browser_page.evaluate(LOOK) == [] and happened == []
    area.evaluate("(area) => { area.value = '**a'.repeat(60000) }")
    browser_page.click("[data-preview-button]")
    browser_page.wait_for_selector("[data-preview] >> text=too much markup")
