"""Front matter becomes products, once; hostile files are named and change nothing."""

import json
from datetime import date

import pytest
from sqlalchemy import func, select

from core.database.db import db
from core.database.models import Event
from products import actions, endoflife, queries
from products.change_models import ImportConflict, ProductChange
from products.cli import import_products
from products.import_endoflife import Importer
from products.models import LifecyclePhase, Product, Release

FILE = """---
title: Acme Widget
category: server-app
tags: acme web-server
permalink: /widget
alternate_urls:
  - /acme-widget
releaseLabel: "__RELEASE_CYCLE__ '__CODENAME__'"
changelogTemplate: https://example.org/__RELEASE_CYCLE__/__LATEST__
eoesColumn: Paid <abbr title="x">care</abbr>
identifiers:
  - purl: pkg:generic/widget
  - cpe: cpe:2.3:a:acme:widget
  - repology: widget
releases:
  - releaseCycle: 1.10
    codename: Oak
    releaseDate: 2024-01-31
    eoas: 2025-01-31
    eol: 2026-01-31
    eoes: false
    lts: 2024-06-01
    latest: "1.10.3"
    latestReleaseDate: 2024-05-05
  - releaseCycle: "1.1"
    codename: Elm
    releaseDate: 2020-01-31
    eoas: true
    eol: true
---
> A [widget](https://example.org).

{% include table.html labels="a" %}
{: .warning }
"""


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "files"
    path.mkdir()
    (path / "widget.md").write_text(FILE)
    return path


def run(app, folder, *options):
    result = app.test_cli_runner().invoke(import_products, [str(folder), *options])
    db.session.rollback()
    db.session.expire_all()
    report = json.loads(result.stdout.strip().splitlines()[-1])
    assert result.exit_code == bool(report["errors"]), result.output
    return report


def widget():
    return queries.full("widget", removed=True)


def test_everything_a_file_says_is_kept(app, folder):
    report = run(app, folder)
    assert report["added"]["products"] == 1 and report["added"]["releases"] == 2 and report["errors"] == []
    product = widget()
    assert (product.name, product.vendor, product.category) == ("Acme Widget", "Acme", "server-app")
    assert product.phase_names == {"extension": "Paid care"}
    assert [name.line for name in product.aliases] == [
        "acme widget",
        "pkg:generic/widget",
        "cpe:2.3:a:acme:widget",
        "repology:widget",
    ]
    assert "{" not in product.description and "<blockquote>" in product.description_html
    new, old = product.releases
    assert (new.cycle, new.label, new.link) == ("1.10", "1.10 'Oak'", "https://example.org/1.10/1.10.3")
    assert new.ends == {"active": date(2025, 1, 31), "security": date(2026, 1, 31), "extension": False}
    assert new.lts == date(2024, 6, 1) and new.latest_on == date(2024, 5, 5)
    assert old.ends == {"active": True, "security": True} and old.lts is None


def test_a_second_run_changes_nothing(app, folder):
    run(app, folder)
    counts = [
        db.session.scalar(select(func.count()).select_from(model))
        for model in (Product, Release, LifecyclePhase, ProductChange)
    ]
    report = run(app, folder)
    assert report["skipped"] | {} == {**report["skipped"], "products": 1, "releases": 2}
    assert not any(report["added"].values()) and not any(report["updated"].values())
    assert counts == [
        db.session.scalar(select(func.count()).select_from(model))
        for model in (Product, Release, LifecyclePhase, ProductChange)
    ]


def change(folder, old, new):
    (folder / "widget.md").write_text(FILE.replace(old, new))


def test_a_changed_date_is_updated_and_announced(app, folder):
    run(app, folder)
    change(folder, "eol: 2026-01-31", "eol: 2027-01-31")
    report = run(app, folder)
    assert report["updated"]["releases"] == 1 and report["skipped"]["releases"] == 1
    event = db.session.scalar(select(Event).where(Event.name == "release.dates_changed"))
    assert event.data["facts"] == {"security": ["2026-01-31", "2027-01-31"]}
    assert event.subject_id == widget().releases[0].id
    assert widget().supported_until == date(2027, 1, 31)


def test_a_date_becomes_a_yes_or_no_and_back(app, folder):
    run(app, folder)
    for written, kept in (("false", False), ("true", True), ("2028-02-29", date(2028, 2, 29))):
        change(folder, "eol: 2026-01-31", f"eol: {written}")
        run(app, folder)
        assert widget().releases[0].ends["security"] == kept
        assert isinstance(widget().releases[0].ends["security"], bool) is isinstance(kept, bool)


def test_what_a_moderator_wrote_stays_and_is_disputed_once(app, folder, moderator):
    run(app, folder)
    product = widget()
    actions.edit(product.releases[0], {"security": date(2030, 1, 1)}, by=moderator)
    db.session.commit()
    assert run(app, folder)["updated"]["releases"] == 0
    assert widget().releases[0].ends["security"] == date(2030, 1, 1)
    [conflict] = queries.conflicts()
    assert (conflict.field, conflict.theirs, conflict.current_value) == (
        "security",
        "2026-01-31",
        "2030-01-01",
    )
    actions.resolve_conflict(conflict, accept_import=False, by=moderator)
    db.session.commit()
    run(app, folder)
    assert queries.conflicts() == [], "decided is decided"
    change(folder, "eol: 2026-01-31", "eol: 2031-01-31")
    run(app, folder)
    [conflict], product = queries.conflicts(), widget()
    actions.resolve_conflict(conflict, accept_import=True, by=moderator)
    db.session.commit()
    assert widget().releases[0].ends["security"] == date(2031, 1, 31)
    change(folder, "eol: 2026-01-31", "eol: 2032-01-31")
    run(app, folder)
    assert widget().releases[0].ends["security"] == date(2032, 1, 31), "theirs again from then on"


def test_agreement_ends_a_dispute(app, folder, moderator):
    run(app, folder)
    product = widget()
    actions.edit(product.releases[0], {"security": date(2030, 1, 1)}, by=moderator)
    db.session.commit()
    run(app, folder)
    change(folder, "eol: 2026-01-31", "eol: 2030-01-01")
    run(app, folder)
    assert db.session.scalar(select(func.count()).select_from(ImportConflict)) == 0


def test_what_was_removed_here_does_not_come_back(app, folder, moderator):
    run(app, folder)
    product = widget()
    actions.remove(product.releases[1], by=moderator)
    db.session.commit()
    run(app, folder)
    assert [release.cycle for release in widget().live_releases] == ["1.10"]


def test_search_finds_it_when_the_command_returns(app, client, folder):
    run(app, folder)
    assert "/products/widget" in client.get("/search?q=acme").text


def test_two_files_of_one_product_are_an_error(app, folder):
    (folder / "zwidget.md").write_text(FILE)
    report = run(app, folder)
    assert report["added"]["products"] == 1 and report["errors"][0].startswith("zwidget.md")


def test_a_run_that_is_killed_is_gone_on_with(app, folder, monkeypatch):
    (folder / "zebra.md").write_text(FILE.replace("/widget\n", "/zebra\n"))
    whole = endoflife.read

    def killed(raw, stem):
        if stem == "zebra":
            raise KeyboardInterrupt
        return whole(raw, stem)

    monkeypatch.setattr(endoflife, "read", killed)
    with pytest.raises(KeyboardInterrupt):
        Importer(folder, "x").run()
    db.session.rollback()
    monkeypatch.undo()
    report = run(app, folder)
    assert (report["added"]["products"], report["skipped"]["products"]) == (1, 1)


BAD = {
    "bomb": "---\na: &a [x]\nb: [*a, *a]\n---\n",
    "code": "---\ntitle: !!python/object/apply:os.system [id]\n---\n",
    "deep": "---\na: " + "[" * 40 + "]" * 40 + "\n---\n",
    "huge": "---\ntitle: x\n---\n" + "x" * 1_100_000,
    "text": "no front matter at all",
    "empty": "",
    "list": "---\n- a\n---\n",
    "unclosed": "---\ntitle: [x\n---\n",
    "eol": FILE.replace("eol: true", "eol: soon"),
    "number": FILE.replace("eol: true", "eol: 5"),
    "mapping": FILE.replace("eol: true", "eol: {a: b}"),
    "year": FILE.replace("eol: true", "eol: 9999-12-31"),
    "month": FILE.replace("eol: true", "eol: 2024-13-01"),
    "twice": FILE.replace('releaseCycle: "1.1"', "releaseCycle: 1.10"),
    "nameless": FILE.replace('releaseCycle: "1.1"', 'releaseCycle: ""'),
    "slash": FILE.replace('releaseCycle: "1.1"', "releaseCycle: ../x"),
    "permalink": FILE.replace("/widget\n", "/../etc\n"),
    "title": FILE.replace("title: Acme Widget", "title: [a]"),
    "long": FILE.replace("title: Acme Widget", "title: " + "x" * 200),
    "cpe": FILE.replace("cpe:2.3:a:acme:widget", "cpe:nonsense"),
    "none": FILE[: FILE.index("releases:")] + "---\n",
    "scalar": FILE[: FILE.index("releases:")] + "releases: [1, 2]\n---\n",
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_named_and_the_others_come_in(app, folder, name):
    (folder / "a-bad.md").write_text(BAD[name])
    report = run(app, folder)
    assert len(report["errors"]) == 1 and report["errors"][0].startswith("a-bad.md: ")
    assert report["added"]["products"] == 1 and report["added"]["releases"] == 2
    assert "Traceback" not in report["errors"][0]


def test_bytes_that_are_no_text_are_named(app, folder):
    (folder / "bytes.md").write_bytes(b"---\n\xff\xfe\n---\n")
    assert len(run(app, folder)["errors"]) == 1


def test_links_out_of_the_folder_are_not_followed(app, folder, tmp_path):
    (tmp_path / "outside.md").write_text(FILE.replace("/widget", "/outside"))
    (folder / "link.md").symlink_to(tmp_path / "outside.md")
    report = run(app, folder)
    assert report["added"]["products"] == 1 and report["errors"][0].startswith("link.md")


def test_markup_and_links_of_a_file_are_made_safe(app, client, folder):
    hostile = FILE.replace("> A [widget]", "<script>alert(1)</script> [x](javascript:1)")
    hostile = hostile.replace("https://example.org/__RELEASE_CYCLE__", "javascript:alert(1)//")
    (folder / "widget.md").write_text(hostile)
    run(app, folder)
    page = client.get("/products/widget").text
    assert "<script>alert" not in page and "javascript:" not in page.replace("javascript:1)", "")
    assert widget().releases[0].link == ""
