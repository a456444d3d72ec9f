"""Preview by rank and size; links to members and identifiers; old texts rendered again."""

import pytest
from sqlalchemy import event

from core.database.db import db
from core.jobs import stored_markup
from core.markup import markup
from core.markup.markup import MARKUP_VERSION, render
from posts import schemas
from posts.models import Post
from products.models import Product


def send(client, body, **fields):
    return client.post("/preview", data={"body": body, **fields})


@pytest.mark.parametrize(
    ("kind", "length", "status"),
    [
        ("question", 30_000, 200),
        ("question", 30_001, 422),
        ("answer", 30_001, 422),
        ("comment", 601, 422),
        ("comment", 600, 200),
        ("article", 100, 403),
        ("bulletin", 100, 403),
        ("novel", 100, 422),
    ],
)
def test_a_member_previews_no_more_than_may_be_posted(login, member, kind, length, status):
    assert send(login(member), "a" * length, kind=kind).status_code == status


def test_without_a_kind_the_limit_is_that_of_questions(login, moderator):
    assert send(login(moderator), "a" * 30_001).status_code == 422


def test_who_writes_articles_previews_long_texts(login, moderator):
    assert send(login(moderator), "word " * 30_000, kind="article").status_code == 200
    assert send(login(moderator), "a" * 200_001, kind="article").status_code == 422


def test_a_new_member_previews_less_often(app, login, make_user, monkeypatch):
    monkeypatch.setattr(schemas, "PREVIEW_RATE_NEW", "3/minute")
    monkeypatch.setitem(app.config, "REDOUBT_RATE_LIMITS", True)
    new, old = login(make_user("newcomer")), login(make_user("regular", reputation=60))
    assert [send(new, "words").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert [send(old, "words").status_code for _ in range(4)] == [200] * 4


def test_hostile_text_is_refused_with_a_sentence_and_given_back(login, member, monkeypatch):
    monkeypatch.setattr(markup, "MAX_STEPS", 20_000)
    answer = login(member).post(
        "/questions/ask",
        data={"title": "How do I do this in one text?", "body": "**a" * 9_000, "tags": "patching"},
    )
    assert answer.status_code == 422 and "too much markup" in answer.text and "**a**a**a" in answer.text
    assert send(login(member), "**a" * 9_000).status_code == 422


def test_names_of_members_become_links_with_one_query(app, make_user):
    make_user("omar")
    queries = []

    def note(*arguments):
        queries.append(arguments[2])

    event.listen(db.engine, "before_cursor_execute", note)
    page = render("@omar and @Omar, @nobody; `@omar` [@omar](https://a.b) a@omar.com \\@omar").html
    event.remove(db.engine, "before_cursor_execute", note)
    assert page.count('href="/users/omar"') == 2 and "@nobody" in page
    assert len([each for each in queries if "users" in each]) == 1


def test_names_do_not_end_the_open_transaction(app, make_user, make_question):
    make_user("omar")
    question = make_question()
    question.title = "Not to be stored"
    render("@omar wrote this")
    db.session.rollback()
    assert db.session.get(Post, question.id).title != "Not to be stored"


def test_erased_and_unconfirmed_members_are_no_links(app, make_user):
    make_user("later", confirmed=False)
    assert "<a" not in render("@later said").html


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("CVE-2023-35618", "CVE-2023-35618"),
        ("cve-2024-1234", "CVE-2024-1234"),
        ("KB5033118", "KB5033118"),
        ("RB-2026-040", "RB-2026-040"),
        ("GHSA-JFH8-c2jp-5v3q", "GHSA-jfh8-c2jp-5v3q"),
    ],
)
def test_identifiers_become_links_but_not_in_code(typed, address):
    page = render(f"See {typed}, **{typed}** and `{typed}`; not x{typed} nor [{typed}](https://a.b).").html
    assert page.count(f'href="/identifiers/{address}"') == 2


@pytest.mark.parametrize(
    "text", ["KB12", "CVE-23-1", "KB5033118.msu", "CVE-2023-35618x", "RB-26-1", "XKB5033118"]
)
def test_what_only_looks_like_one_stays_text(text):
    assert "<a" not in render(text).html


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("https://example.org/a?b=c&d=e.", ["https://example.org/a?b=c&amp;d=e"]),
        ("www.example.org,", ["http://www.example.org"]),
        ("(http://localhost:8080/x)", ["http://localhost:8080/x"]),
        ("mailto:a@b.example", ["mailto:a@b.example"]),
        ("**https://a.example/b_c_d**", ["https://a.example/b_c_d"]),
        ("| a |\n|-|\n| https://a.example |", ["https://a.example"]),
        ("> https://a.example/x", ["https://a.example/x"]),
        ("# https://a.example", ["https://a.example"]),
        ("https://host/_layouts/15/_x_.aspx", ["https://host/_layouts/15/_x_.aspx"]),
        ("https://h.example/?q=*&x=*", ["https://h.example/?q=*&amp;x=*"]),
        ("https://h.example/~~a~~/b", ["https://h.example/~~a~~/b"]),
        ("www.h.example/_a_/*b*", ["http://www.h.example/_a_/*b*"]),
        ("_see_ https://h.example/_a_", ["https://h.example/_a_"]),
        ("*see https://h.example/a_b_*.", ["https://h.example/a_b_"]),
        ("~~https://h.example/a~~", ["https://h.example/a"]),
        ("**https://a.example/x**です", ["https://a.example/x"]),
        ("https://a.example/a\\_b?c&amp;d", ["https://a.example/a_b?c&amp;d"]),
        ("https://a.example/`b`", ["https://a.example/"]),
        ("https://a.example/[b](https://c.example)", ["https://a.example/", "https://c.example"]),
        ("mailto:a_b_@h.example", ["mailto:a_b_@h.example"]),
        ("[https://h.example/_a_](https://b.example)", ["https://b.example"]),
        ("https://a.example/" + "www.a." * 400 + " www.b.example", ["http://www.b.example"]),
        ("`https://a.example`", []),
        ("```\nhttps://a.example\n```", []),
        ("    https://a.example", []),
        ("example.org a@b.example readme.md app.py", []),
        ("ftp://a.example", []),
        ("javascript://a.example", []),
        ("[https://a.example](https://b.example)", ["https://b.example"]),
        ("\\@https", []),
        ("انظر https://example.org/a؟", ["https://example.org/a"]),
        ("https://a.example/x。次", ["https://a.example/x"]),
        ("（https://a.example/x）", ["https://a.example/x"]),
        ("مرحبا https://a.example، ثم", ["https://a.example"]),
        ("https://例え.example/パス", ["https://xn--r8jz45g.example/%E3%83%91%E3%82%B9"]),
    ],
)
def test_bare_addresses_become_links(text, addresses):
    page = render(text).html
    assert [part.split('"')[0] for part in page.split('href="')[1:]] == addresses


def test_tasks_of_a_list_are_boxes():
    page = render("- [ ] task\n- [x] done\n  - [X] inner\n- [y] `[ ] code`\n\n[ ] text").html
    for words in ("☐ task", "☑ done", "☑ inner", "[y] ", "[ ] code", "<p>[ ] text"):
        assert words in page


def test_an_identifier_leads_to_its_bulletin_or_to_search(client):
    assert client.get("/identifiers/CVE-2023-35618").location.endswith("/search?q=CVE-2023-35618")
    assert client.get("/identifiers/RB-2026-999").location.endswith("/search?q=RB-2026-999")
    assert client.get("/identifiers/nothing").status_code == 404


def test_old_texts_are_rendered_again(app, make_question):
    question = make_question(body="See https://example.org/kb for the steps of the update.")
    db.session.execute(db.update(Post).values(body_html="<p>old</p>", markup_version=1))
    db.session.commit()
    assert "1 rendered" in app.test_cli_runner().invoke(args=["markup", "render"]).output
    db.session.expire_all()
    found = db.session.get(Post, question.id)
    assert 'href="https://example.org/kb"' in found.body_html and found.markup_version == MARKUP_VERSION
    assert stored_markup.render_all().total() == 0


def test_a_text_that_is_refused_now_stays_as_it_is(app, make_question):
    question = make_question()
    db.session.execute(
        db.update(Post).values(body="# a\n" * 50_000, body_html="<p>old</p>", markup_version=1)
    )
    db.session.commit()
    assert stored_markup.render_all()["refused"] == 1
    db.session.expire_all()
    assert db.session.get(Post, question.id).body_html == "<p>old</p>"


def test_texts_of_profiles_and_products_are_rendered_again(app, member):
    product = Product(
        slug="widget",
        name="Widget",
        sort_name="widget",
        description="See https://a.example.",
        description_html="<p>old</p>",
        markup_version=1,
    )
    db.session.add(product)
    member.about, member.about_html, member.markup_version = "I use `dnf`.", "<p>old</p>", 1
    db.session.commit()
    tables = {db.metadata.tables[texts.model.__tablename__] for texts in stored_markup.markdown_columns()}
    with_html = {
        table
        for table in db.metadata.sorted_tables
        if any(column.name.endswith("_html") and isinstance(column.type, db.Text) for column in table.columns)
    }
    assert tables == with_html
    assert "2 rendered, 0 unchanged" in app.test_cli_runner().invoke(args=["markup", "render"]).output
    db.session.expire_all()
    assert 'href="https://a.example"' in product.description_html
    assert "<code>dnf</code>" in member.about_html
    assert product.markup_version == member.markup_version == MARKUP_VERSION


def test_a_member_previews_what_a_suggested_edit_may_hold(login, make_user, make_article, make_question):
    article, draft, question = make_article(), make_article(publish=False), make_question()
    client, long = login(make_user("reader")), "word " * 30_000
    assert send(client, long, post=article.id).status_code == 200
    assert send(client, "a" * 200_001, post=article.id).status_code == 422
    assert send(client, long, post=question.id, kind="article").status_code == 422
    assert send(client, long, kind="article").status_code == 403
    assert send(client, long, post=draft.id).status_code == send(client, long, post=9_999).status_code == 404
    assert send(client, long, post="x").status_code == 422


def test_a_long_preview_counts_as_several(app, login, make_user, make_article, monkeypatch):
    article, client = make_article(), login(make_user("newcomer"))
    monkeypatch.setattr(schemas, "PREVIEW_RATE_NEW", "7/minute")
    monkeypatch.setitem(app.config, "REDOUBT_RATE_LIMITS", True)
    sent = [send(client, "word " * 38_000, post=article.id).status_code for _ in range(2)]
    assert sent == [200, 429]
    assert [send(client, "words").status_code for _ in range(3)] == [200, 200, 200]


@pytest.mark.parametrize(
    "address", ["HTTP://a.example", "hTTps:a.example", "//a.example", "https:/a.example"]
)
def test_every_link_out_of_the_site_says_so_to_crawlers(address):
    assert 'rel="nofollow ugc noopener"' in render(f"[a]({address})").html


@pytest.mark.parametrize(
    ("language", "code"),
    [("apache", "<" * 900 + "\n"), ("c#", "x\n"), ("py", "x = 1\n" * 4_000), ("py", "x" * 1_001 + "\n")],
)
def test_code_that_is_dear_to_colour_has_no_colours(language, code):
    text = (code * 20_000)[:19_990] if len(code) < 1_000 else code
    page = render(f"```{language}\n{text}\n```").html
    assert "<span" not in page and f'class="language-{language}"' in page


@pytest.mark.parametrize("language", ["cmd", "conf", "jsonc", "patch", "reg"])
def test_other_names_of_languages_are_coloured(language):
    assert "<span" in render(f"```{language}\n[a]\n+b=1\necho off\n```").html


def test_marks_of_direction_count_as_they_are_shown():
    with pytest.raises(markup.TooLong):
        render("\u202e" * 199_000)
