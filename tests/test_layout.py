"""Pages full of long words, wide tables, long code and right-to-left text: on screens and on paper."""

import re
from datetime import date

import pytest

from auth import actions as auth_actions
from core.database.db import db, utcnow
from core.markup.markup import render
from forum import actions as forum
from kb import actions as kb
from posts import actions as posts
from products import actions as products
from tests import browsing
from tests.bulletins.conftest import fix, make_advisory, store, vulnerability  # noqa: F401

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(browsing.CHROMIUM is None, reason="no Chromium on this machine"),
]
PATH = r"HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS1.0\Server\Enabled"
HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
COMPOUND = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
HEBREW = "שלום עולם"
LONG_CODE = "\n".join(f"sysctl -w net.ipv4.conf.all.setting{n}=1" for n in range(60))
TEXT = f"""# {PATH}

## {COMPOUND}

| {COMPOUND} | {HASH} | Meaning |
|---|---|---|
| {PATH} | `{PATH}` | no restart while somebody works |
| {HASH} | {COMPOUND} | https://download.example.org/{"very/long/path/" * 12} |

| a | b | c | d | e | f | g | h |
|---|---|---|---|---|---|---|---|
| alpha | beta | gamma | delta | epsilon | zeta | eta | theta |

```
{"x" * 600}
```

```sh
{LONG_CODE}
```

1. {PATH}
   > {HASH}

{HEBREW} {PATH}

[{HASH}](https://example.org/{"a" * 300}) and `{PATH}`
"""
WIDTHS = (320, 375, 768, 1280)
A4_PIXELS = 680  # 180 mm between the margins, at 96 pixels an inch


@pytest.fixture
def pages(app, make_user, moderator, make_advisory, store, drain):
    """Addresses of one page of each kind, made of long words."""
    asker = make_user("a" * 30, reputation=300)
    auth_actions.edit_profile(
        asker,
        display_name=f"{COMPOUND[:70]} {HEBREW}"[:80],
        location=COMPOUND,
        website=f"https://example.org/{'w' * 150}",
        about=render(TEXT),
    )
    tag = "very-long-tag-name-of-thirty-5"
    title = f"{HEBREW} {PATH}"[:150]
    question = forum.ask(title, render(TEXT), [tag, "printing"], by=asker)
    for _ in range(3):
        answer = forum.answer(question, render(TEXT), by=make_user())
    posts.comment(answer, render(f"{HEBREW} {PATH} {HASH}"), by=asker)
    posts.revise(question, render(TEXT.replace("alpha", PATH)), by=asker, summary=HASH)
    article = kb.write(title, render(TEXT), layer="host", by=moderator, tags=[tag], summary=f"{PATH} {HASH}")
    kb.publish(article, by=moderator)
    products.create(
        "long-product",
        {"name": COMPOUND, "category": "os", "vendor": COMPOUND, "policy": f"{HEBREW} {HASH}"},
        {"1.0-" + "9" * 20: {"label": COMPOUND}, "2": {}},
        by=moderator,
    )
    bulletin = store(
        make_advisory(
            "ACME-" + "1" * 40,
            title=f"{PATH} {HASH}",
            severity="critical",
            initial_release_at=utcnow(),
            current_release_at=utcnow(),
            vulnerabilities=[vulnerability(affected=("A",), remedies=[fix("A")])],
        )
    ).bulletin
    db.session.commit()
    drain()
    return {
        "home": "/",
        "question": question.url,
        "questions": "/questions",
        "article": article.url,
        "articles": "/articles",
        "print view": f"/articles/{article.id}/print",
        "tag": f"/tags/{tag}",
        "tags": "/tags",
        "profile": asker.profile_url,
        "members": "/users",
        "layer": "/layers/host",
        "bulletin": bulletin.url,
        "bulletins": "/bulletins",
        "product": "/products/long-product",
        "products": "/products",
        "life cycles": "/lifecycle",
        "history": f"/posts/{question.id}/history",
        "revision": f"/posts/{question.id}/revisions/2",
        "search": f"/search?q={HASH}",
        "calendar": "/calendar",
        "help": "/help",
        "missing": f"/{'x' * 200}",
    }


@pytest.fixture
def open_page(app, pages):
    """open_page(width, **context) → a browser page that goes to paths of the site."""
    with browsing.served(app) as address, browsing.chromium() as browser:

        def make(width, **more):
            page = browser.new_context(
                viewport={"width": width, "height": 900}, base_url=address, **more
            ).new_page()
            page.set_default_timeout(20_000)
            return page

        yield make


WIDEST = """() => Math.max(document.documentElement.scrollWidth, ...[...document.querySelectorAll(
  'main h1, main h2, main h3, main p, main li, main .row-title, main .breadcrumbs')]
  .filter((e) => !e.closest('.table-scroll, pre, .visually-hidden'))
  .map((e) => Math.ceil(e.getBoundingClientRect().right)))"""
CUT = """() => [...document.querySelectorAll('main pre, main .table-scroll')]
  .filter((e) => e.offsetParent)
  .filter((e) => e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1).length"""


def test_long_words_widen_no_page(pages, open_page):
    too_wide = []
    for width in WIDTHS:
        page = open_page(width, java_script_enabled=True)
        for name, path in pages.items():
            page.goto(path)
            if (found := page.evaluate(WIDEST)) > width:
                too_wide.append((name, width, found))
    assert too_wide == []


def test_a_table_is_whole_on_a_desktop(pages, open_page):
    page = open_page(1280)
    page.goto(pages["article"])
    sizes = page.evaluate(
        "[...document.querySelectorAll('.prose .table-scroll')].map((box) => "
        "[box.scrollWidth, box.clientWidth])"
    )
    assert len(sizes) == 2
    assert all(content <= box for content, box in sizes)


def test_long_code_is_folded_and_opens(pages, open_page):
    page = open_page(1280)
    page.goto(pages["question"])
    block = page.locator(".highlight:has(.unfold)").first
    folded = block.bounding_box()["height"]
    button = block.locator(".unfold")
    assert button.get_attribute("aria-expanded") == "false" and "60" in button.inner_text()
    button.click()
    assert block.bounding_box()["height"] > 2 * folded
    plain = open_page(1280, java_script_enabled=False)
    plain.goto(pages["question"])
    assert plain.locator(".highlight").nth(1).bounding_box()["height"] > 2 * folded


def test_every_page_prints_in_full_width_on_few_pages(pages, open_page):
    """Each text column is as wide as the paper, nothing sticks out, and printed pages are few."""
    faults = []
    for script in (True, False):
        page = open_page(A4_PIXELS, java_script_enabled=script)
        page.emulate_media(media="print")
        for name, path in pages.items():
            page.goto(path)
            assert not {"Your answer", "Add a comment"} & set(page.locator("main").inner_text().splitlines())
            widest = page.evaluate("""() => Math.max(document.documentElement.scrollWidth,
              ...[...document.querySelectorAll('main *')].filter((e) => !e.closest('.visually-hidden, svg'))
                .map((e) => Math.ceil(e.getBoundingClientRect().right)))""")
            columns = page.evaluate("""() => [...document.querySelectorAll('main .prose > p')]
              .filter((e) => e.offsetParent).map((e) => e.getBoundingClientRect().width)""")
            cut = page.evaluate(CUT)
            printed = len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4")))
            if widest > A4_PIXELS or min(columns, default=999) < 400 or cut or printed > 14:
                faults.append((name, script, widest, min(columns, default=0), cut, printed))
    assert not faults, faults


def test_what_people_wrote_has_the_direction_of_its_letters(pages, open_page):
    page = open_page(1280)
    wrong = []
    for name in ("question", "questions", "article", "articles", "tag", "profile", "history", "search"):
        page.goto(pages[name] if name != "search" else "/search?q=HKLM")
        wrong += [
            (name, text)
            for text in page.evaluate("""() => {
          const walk = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
          const wrong = [];
          while (walk.nextNode()) {
            const element = walk.currentNode.parentElement;
            if (/[\\u0590-\\u05ff]/.test(walk.currentNode.data) && !element.closest('[dir=auto], bdi'))
              wrong.push(element.outerHTML.slice(0, 120));
          }
          return wrong;
        }""")
        ]
    assert not wrong, wrong
    page.goto(pages["article"])
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).direction") == "rtl"
    assert page.evaluate("getComputedStyle(document.querySelector('.prose pre')).direction") == "ltr"


def test_a_timeline_on_a_phone_begins_at_today(app, pages, open_page, moderator):
    products.create(
        "ancient",
        {"name": "Ancient", "category": "os"},
        {
            str(n): {"released": date(1990 + 3 * n, 1, 1), "security": date(2000 + 3 * n, 1, 1)}
            for n in range(14)
        },
        by=moderator,
    )
    db.session.commit()
    page = open_page(375)
    page.goto("/products/ancient")
    page.wait_for_function("document.querySelector('.timeline').closest('.table-scroll').scrollLeft > 0")
    today = page.locator(".timeline .today").bounding_box()
    assert 0 < today["x"] < 375
