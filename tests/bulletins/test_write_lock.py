"""Imports hold SQLite's write lock for short times only: members post meanwhile, and nobody is locked out."""

import contextvars
import gzip
import json
import threading

import pytest
from sqlalchemy import func, select

from bulletins.models import AffectedProduct
from core.database.db import analyze_tables, db
from core.markup.markup import render
from forum.models import Question
from tests import write_lock

MAX_LOCK_SECONDS = 0.5
SLOW_MACHINE = 6  # how much slower than an idle machine the tests may run
BODY = render("A text about patching servers that is long enough to be a question of a member.")


def write_products(folder, number, releases):
    for at in range(number):
        rows = "".join(
            f'-   releaseCycle: "{cycle}"\n    releaseDate: 2020-01-01\n    eol: 2030-01-01\n'
            for cycle in range(releases)
        )
        (folder / f"acme{at}.md").write_text(
            f"---\ntitle: Acme {at}\npermalink: /acme-{at}\ncategory: os\nreleases:\n{rows}---\nText.\n"
        )


def post_while(app, author_id, number, run):
    """Post `number` questions from two threads while `run` runs; returns the errors and the recorder."""
    errors = []

    def post(share):
        with app.app_context():
            for at in range(number // 2):
                try:
                    db.session.add(
                        Question(
                            title=f"Question {share}-{at} about patching a server",
                            slug="q",
                            body=BODY.source,
                            body_html=BODY.html,
                            author_id=author_id,
                        )
                    )
                    db.session.commit()
                except Exception as error:
                    db.session.rollback()
                    errors.append(repr(error))

    threads = [threading.Thread(target=contextvars.Context().run, args=(post, share)) for share in ("a", "b")]
    with write_lock.recorded() as lock:
        for thread in threads:
            thread.start()
        run()
        for thread in threads:
            thread.join()
    return errors, lock


@pytest.mark.parametrize(("writes", "products"), [(60, 12), pytest.param(2_000, 300, marks=pytest.mark.long)])
def test_members_post_during_an_import_of_products(app, member, tmp_path, writes, products):
    write_products(tmp_path, products, 30)
    result = []

    def run():
        done = app.test_cli_runner().invoke(args=["product", "import", str(tmp_path)])
        result.append(json.loads(done.stdout.splitlines()[-1]))

    db.session.commit()
    before = db.session.scalar(select(func.count(Question.id)))
    db.session.commit()
    errors, lock = post_while(app, member.id, writes, run)
    assert errors == []
    assert result[0]["added"]["products"] == products
    assert db.session.scalar(select(func.count(Question.id))) == before + writes
    assert lock.longest < MAX_LOCK_SECONDS * SLOW_MACHINE


def test_a_second_import_of_the_same_products_takes_no_lock_for_them(app, tmp_path):
    write_products(tmp_path, 12, 10)
    command = ["product", "import", str(tmp_path)]
    app.test_cli_runner().invoke(args=command)
    with write_lock.recorded() as lock:
        done = app.test_cli_runner().invoke(args=command)
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["skipped"]["products"] == 12 and not any(report["updated"].values())
    statistics = len(lock.spans)
    analyze_tables_alone = _transactions(analyze_tables)
    assert statistics - analyze_tables_alone < 6


def _transactions(function):
    with write_lock.recorded() as lock:
        function()
    return len(lock.spans)


def test_matching_bulletins_again_writes_in_batches(app, store, make_advisory, monkeypatch, tmp_path):
    monkeypatch.setattr("bulletins.match_actions.WRITE_BATCH_SIZE", 1)
    for number in range(4):
        store(make_advisory(f"ACME-{number}"))
    (tmp_path / "reader.md").write_text(
        "---\ntitle: Acme Reader\npermalink: /acme-reader\ncategory: app\nreleases:\n"
        '-   releaseCycle: "9"\n    eol: 2030-01-01\n---\nText.\n'
    )
    with write_lock.recorded() as lock:
        app.test_cli_runner().invoke(args=["product", "import", str(tmp_path)])
    db.session.expire_all()
    matched = select(func.count(AffectedProduct.id)).where(AffectedProduct.product_id.is_not(None))
    assert db.session.scalar(matched) == 8
    assert len(lock.spans) > 8


@pytest.mark.parametrize("lines", [3_000, pytest.param(300_000, marks=pytest.mark.long)])
def test_scores_of_all_cves_are_stored_in_short_transactions(app, store, make_advisory, tmp_path, lines):
    store(make_advisory())
    rows = "".join(f"CVE-2026-{number},0.5,0.9\n" for number in range(1000, 1000 + lines))
    path = tmp_path / "epss.csv.gz"
    path.write_bytes(gzip.compress(f"cve,epss,percentile\n{rows}".encode()))
    with write_lock.recorded() as lock:
        done = app.test_cli_runner().invoke(args=["bulletin", "enrich", "--epss", str(path)])
    assert json.loads(done.stdout.splitlines()[-1])["updated"]["bulletins"] == 1
    assert lock.longest < MAX_LOCK_SECONDS * SLOW_MACHINE


def test_the_products_of_a_document_are_inserted_together(app, store, make_advisory, count_queries):
    from_id = make_advisory().products[0]
    many = [
        type(from_id)(f"P{number}", f"Acme Part {number}", "Acme", f"Part {number}", "1")
        for number in range(300)
    ]
    with count_queries() as statements:
        store(make_advisory(products=many, vulnerabilities=[]))
    assert sum("INSERT INTO affected_products" in each for each in statements) == 1


def large_document(number, changed=()):
    """A CSAF document of many products; those in `changed` have another name."""
    ids = [f"P{at}" for at in range(number)]
    branches = [
        {
            "category": "product_version",
            "name": "1.0",
            "product": {"product_id": each, "name": f"Acme Part {at}{' B' * (at in changed)} 1.0"},
        }
        for at, each in enumerate(ids)
    ]
    return {
        "document": {
            "category": "csaf_security_advisory",
            "csaf_version": "2.0",
            "title": "Acme parts",
            "publisher": {"category": "vendor", "name": "Acme", "namespace": "https://acme.example"},
            "tracking": {
                "id": "ACME-LARGE",
                "status": "final",
                "version": str(1 + len(changed)),
                "initial_release_date": "2026-03-01T00:00:00Z",
                "current_release_date": f"2026-03-0{1 + min(8, len(changed))}T00:00:00Z",
                "revision_history": [
                    {"number": str(at + 1), "date": "2026-03-01T00:00:00Z", "summary": "x"}
                    for at in range(1 + len(changed))
                ][:1]
                + [
                    {"number": str(1 + len(changed)), "date": "2026-03-02T00:00:00Z", "summary": "y"}
                    for _ in changed[:1]
                ],
            },
        },
        "product_tree": {"branches": [{"category": "vendor", "name": "Acme", "branches": branches}]},
        "vulnerabilities": [
            {
                "cve": f"CVE-2026-{cve}",
                "product_status": {"known_affected": ids[: number // 2], "fixed": ids[number // 2 :]},
                "remediations": [{"category": "vendor_fix", "details": "Update.", "product_ids": ids}],
            }
            for cve in (7001, 7002, 7003)
        ],
    }


@pytest.mark.parametrize("number", [600, pytest.param(30_000, marks=pytest.mark.long)])
def test_a_document_of_many_products_is_written_in_a_short_time(app, tmp_path, number):
    path = tmp_path / "large.json"
    command = ["bulletin", "import", str(path)]
    for changed, outcome in (
        ((), "added"),
        ((), "skipped"),
        ((3, number - 2), "updated"),
        ((3, 5, 7), "updated"),
    ):
        path.write_text(json.dumps(large_document(number, changed)))
        with write_lock.recorded() as lock:
            done = app.test_cli_runner().invoke(args=command)
        report = json.loads(done.stdout.splitlines()[-1])
        assert report[outcome]["bulletins"] == 1, done.output
        assert lock.longest < MAX_LOCK_SECONDS * SLOW_MACHINE

        db.session.expire_all()
        names = db.session.scalars(select(AffectedProduct.name).order_by(AffectedProduct.position)).all()
        assert len(names) == number
        assert [at for at, name in enumerate(names) if " B" in name] == sorted(changed)
        db.session.rollback()
