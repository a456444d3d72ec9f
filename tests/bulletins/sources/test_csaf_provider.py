"""A local CSAF provider: fetched twice, changed, signed by another, redirected to this machine, endless."""

import hashlib
import json
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from bulletins.models import Bulletin
from bulletins.sources import actions, import_documents, kinds, queries, transfers
from bulletins.sources.models import FAILED, OK, PARTIAL
from core.database.db import db, utcnow
from tests import site_server
from tests.bulletins.sources.conftest import FEED, METADATA, Provider


def bulletins():
    return {row.tracking_id: row for row in db.session.scalars(select(Bulletin))}


def documents(server):
    """The paths of documents of which bytes were transferred."""
    lists = (METADATA, FEED, "/csaf/changes.csv", "/key.asc")
    return sorted(path for path in server.transferred if path not in lists)


def test_the_second_run_transfers_nothing(provider, server, make_source, run, make_advisory):
    for number in (1, 2, 3):
        provider.publish(make_advisory(f"ACME-{number}"))
    source = make_source()
    first = run(source)
    assert (first.outcome, first.report.added["bulletins"]) == (OK, 3)
    assert first.counts["documents"]["transferred"] == 3
    assert "/csaf/secret.json" not in server.paths()
    server.forget()
    second = run(source)
    assert (second.outcome, second.report.errors) == (OK, [])
    assert server.paths() == [METADATA, FEED] and not server.transferred
    assert second.counts["documents"]["bytes"] == 0


def test_without_validators_only_the_lists_are_transferred_again(
    provider, server, make_source, run, make_advisory
):
    server.has_validators = False
    provider.publish(make_advisory())
    source = make_source()
    run(source)
    server.forget()
    assert run(source).counts["documents"]["transferred"] == 0
    assert documents(server) == []


def test_only_a_changed_document_is_fetched(provider, server, make_source, run, make_advisory):
    provider.publish(make_advisory("ACME-1"))
    path = provider.publish(make_advisory("ACME-2"))
    source = make_source()
    run(source)
    server.forget()
    provider.publish(make_advisory("ACME-2", severity="critical", version="2"), "2026-03-11T00:00:00Z")
    found = run(source)
    assert (found.report.updated["bulletins"], found.report.added["bulletins"]) == (1, 0)
    assert documents(server) == [path, f"{path}.asc", f"{path}.sha512"]
    assert bulletins()["ACME-2"].severity == "critical"


def test_a_new_time_without_a_change_is_answered_with_304(provider, server, make_source, run, make_advisory):
    provider.publish(make_advisory())
    source = make_source()
    run(source)
    server.forget()
    provider.publish(make_advisory(), "2026-04-01T00:00:00Z", signed_by=provider.key)
    found = run(source)
    assert found.counts["documents"]["unchanged"] == 1 and documents(server) == []


def test_a_document_signed_by_another_is_refused_and_tried_again_later(
    provider, server, make_source, run, make_advisory, keys
):
    provider.publish(make_advisory("ACME-1"))
    provider.publish(make_advisory("ACME-2"), signed_by=keys("mallory"))
    source = make_source()
    found = run(source)
    assert (found.outcome, found.report.added["bulletins"], set(bulletins())) == (PARTIAL, 1, {"ACME-1"})
    assert "acme-2.json: the signature is not valid" in found.report.errors[0]
    assert "acme-2.json" in queries.refused_documents(source.id)[0].url
    server.forget()
    run(source)
    assert documents(server) == []  # not at once
    provider.publish(make_advisory("ACME-2"))
    with time_machine.travel(utcnow() + timedelta(hours=1, minutes=1)):
        assert run(source).report.added["bulletins"] == 1
    assert not queries.refused_documents(source.id)


def test_a_document_that_was_changed_after_it_was_signed_is_refused(
    provider, server, make_source, run, make_advisory
):
    path = provider.publish(make_advisory())
    server.pages[path] = server.pages[path].replace(b"Overflow", b"0verflow")
    found = run(make_source())
    assert "the hash is not the one" in found.report.errors[0] and not bulletins()
    provider.publish(replace(make_advisory(), title="Another title"), "2026-03-12T00:00:00Z")
    signature = server.pages[f"{path}.asc"]
    provider.publish(make_advisory(), "2026-03-13T00:00:00Z")
    server.pages[f"{path}.asc"] = signature
    found = run(queries.sources()[0])
    assert "the signature is not valid (gpg: BADSIG)" in found.report.errors[0] and not bulletins()


def test_a_missing_signature_of_a_provider_that_signs_is_refused(
    provider, server, make_source, run, make_advisory
):
    provider.publish(make_advisory())
    source = make_source()
    run(source)
    provider.key = None
    provider.metadata |= {"role": "csaf_provider", "public_openpgp_keys": []}
    provider.publish(make_advisory("ACME-2"))
    found = run(source)
    assert "has no signature" in found.report.errors[0] and set(bulletins()) == {"ACME-1"}


def test_a_new_key_has_to_be_trusted_by_an_administrator(
    provider, server, make_source, run, make_advisory, keys, admin
):
    provider.publish(make_advisory("ACME-1"))
    source = make_source()
    run(source)
    new = Provider(server, keys("acme2"))
    new.publish(make_advisory("ACME-2"))
    found = run(source)
    assert "names a new key" in found.report.errors[0] and set(bulletins()) == {"ACME-1"}
    actions.trust_keys(queries.get_source(source.id), by=admin)
    db.session.commit()
    found = run(source)
    assert (found.outcome, set(bulletins())) == (OK, {"ACME-1", "ACME-2"}), found.report.errors


def test_a_key_with_another_fingerprint_is_not_used(provider, server, make_source, run, make_advisory, keys):
    provider.publish(make_advisory(), signed_by=keys("mallory"))
    server.pages["/key.asc"] = keys("mallory").public
    found = run(make_source())
    assert "has not the fingerprint" in found.report.errors[0] and not bulletins()


def test_without_gpg_a_provider_that_signs_is_not_imported(
    provider, make_source, run, make_advisory, monkeypatch
):
    provider.publish(make_advisory())
    monkeypatch.setattr("advisories.signatures.is_available", lambda: False)
    found = run(make_source())
    assert found.outcome == FAILED and "install gnupg" in found.report.errors[0] and not bulletins()


def test_documents_that_lead_elsewhere_never_end_or_are_broken(
    provider, server, make_source, run, make_advisory, monkeypatch
):
    monkeypatch.setattr(import_documents, "MAX_BYTES", 2_000_000)
    names = ("redirect", "endless", "large", "bomb", "drip", "broken", "gone", "good")
    paths = {name: provider.publish(make_advisory(name)) for name in names}
    monkeypatch.setattr(transfers, "TRANSFER_SECONDS", 1)
    with site_server.running() as inside:
        inside.pages["/secret"] = server.pages[paths["redirect"]]
        server.pages[paths["redirect"]] = site_server.redirect(f"{inside.url}/secret")
        server.pages[paths["endless"]] = site_server.endless
        server.pages[paths["large"]] = site_server.announced_large
        server.pages[paths["bomb"]] = site_server.bomb()
        server.pages[paths["drip"]] = site_server.dripping
        server.pages[paths["broken"]] = site_server.cut_off
        server.pages[paths["gone"]] = None
        found = run(make_source())
        assert not inside.seen
    assert set(bulletins()) == {"good"} and found.outcome == PARTIAL
    said = dict(error.split(".json: ") for error in found.report.errors)
    reasons = {url.rpartition("/")[2]: why for url, why in said.items()}
    assert reasons["redirect"] == "only addresses with https:// are fetched"
    for name in ("endless", "large", "bomb"):
        assert "larger than 1.907 MB" in reasons[name], reasons
    assert "too long" in reasons["drip"] and "404" in reasons["gone"] and "failed" in reasons["broken"]


def test_what_a_run_leaves_the_next_one_takes(provider, make_source, run, make_advisory, monkeypatch):
    monkeypatch.setattr(transfers, "MAX_RUN_DOCUMENTS", 2)
    for number in range(5):
        provider.publish(make_advisory(f"ACME-{number}"))
    source = make_source()
    counts = []
    for _run in range(4):
        counts.append(run(source).report.added["bulletins"])
        is_due = queries.get_source(source.id).next_run_at <= utcnow()
        assert is_due == (sum(counts) < 5)
    assert counts == [2, 2, 1, 0]


def test_a_folder_with_changes_csv(provider, server, make_source, run, make_advisory):
    provider.metadata["distributions"] = [{"directory_url": f"{server.url}/csaf"}]
    path = provider.publish(make_advisory())
    source = make_source()
    assert run(source).report.added["bulletins"] == 1
    server.forget()
    run(source)
    assert not server.transferred
    data = server.pages.pop(f"{path}.sha512")
    server.pages[f"{path}.sha256"] = data[:64]
    provider.entries[path] = "2026-05-01T00:00:00Z"
    provider.publish_lists()
    server.pages[path] += b"\n"
    found = run(source)
    assert "the hash is not the one" in found.report.errors[0] and ".sha256" in found.report.errors[0]


def test_one_feed_alone_is_checked_with_the_keys_of_its_provider(
    provider, make_source, run, make_advisory, keys
):
    provider.publish(make_advisory("ACME-1"))
    provider.publish(make_advisory("ACME-2"), signed_by=keys("mallory"))
    found = run(make_source(FEED, "rolie"))
    assert (found.outcome, set(bulletins())) == (PARTIAL, {"ACME-1"})


def test_a_feed_without_signatures(server, make_source, run, make_advisory):
    plain = Provider(server)
    plain.publish(make_advisory("ACME-1"))
    server.pages[METADATA] = None
    assert run(make_source(FEED, "rolie")).outcome == OK


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"{", "the JSON is broken"),
        (b"[]", "a single JSON object"),
        (b'{"document": {}}', "no provider-metadata.json"),
        (b'{"metadata_version": "2.0", "publisher": {}, "distributions": [{}]}', "no open ROLIE feed"),
        (None, "status 404"),
    ],
)
def test_a_source_that_cannot_be_read_fails_and_waits_longer_each_time(
    server, make_source, run, content, why
):
    server.pages[METADATA] = content
    source = make_source()
    waits = []
    for _run in range(3):
        found = run(source)
        assert found.outcome == FAILED and why in found.report.errors[0]
        row = queries.get_source(source.id)
        waits.append(round((row.next_run_at - utcnow()).total_seconds() / 60))
    assert waits == [15, 30, 60]
    assert queries.get_source(source.id).failures == 3


def test_refused_documents_are_fetched_again_only_when_they_change(
    provider, server, make_source, run, make_advisory
):
    path = provider.publish(make_advisory())
    broken = json.loads(server.pages[path])
    broken["document"].pop("tracking")
    server.pages[path] = json.dumps(broken).encode()
    server.pages[f"{path}.asc"] = provider.key.sign(server.pages[path])
    server.pages[f"{path}.sha512"] = hashlib.sha512(server.pages[path]).hexdigest().encode()
    source = make_source()
    found = run(source)
    assert found.outcome == PARTIAL and not bulletins()
    server.forget()
    run(source)
    assert not server.transferred


def test_osv_folders_are_listed_newest_first(server, make_source, run):
    server.pages["/PyPI/modified_id.csv"] = b"2026-03-02T10:00:00Z,PYSEC-2\n2026-03-01T10:00:00Z,PYSEC-1\n"
    server.pages["/PyPI/PYSEC-1.json"] = server.pages["/PyPI/PYSEC-2.json"] = b"{}"
    run(make_source("/PyPI", kinds.OSV))
    assert server.paths() == ["/PyPI/modified_id.csv", "/PyPI/PYSEC-2.json", "/PyPI/PYSEC-1.json"]
