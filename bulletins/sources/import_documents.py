"""Fetches the documents that the lists of a source name: CSAF providers, ROLIE feeds, folders of OSV.

A document is fetched when its list states another time than the last time, or states none. A list keeps its
validators only when every document of it was read, so that an unchanged list means that nothing is left.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urljoin

from flask_babel import gettext as _

from advisories import providers, signatures
from advisories.advisory import Unusable
from advisories.csaf.validator import Checker
from advisories.parsing import MAX_BYTES
from advisories.providers import Entry
from advisories.signatures import BadSignature, KeyRing
from bulletins.import_documents import Importer
from bulletins.sources import actions, kinds, queries
from bulletins.sources.models import SourceDocument
from bulletins.sources.transfers import SourceFacts, Transfers
from core.cli import ImportReport
from core.database.db import db, read_transaction, utcnow
from core.web.fetch import Unfetchable, Validators

MAX_LIST_BYTES = 32 * 1024 * 1024
MAX_METADATA_BYTES = 1024 * 1024
MAX_HASH_BYTES = 4 * 1024
FIRST_RETRY = timedelta(hours=1)  # of a document, doubled with every failure
MAX_RETRY = timedelta(days=7)
WELL_KNOWN = "/.well-known/csaf/provider-metadata.json"
Reader = Callable[[bytes, str], list[Entry]]


@dataclass
class Trust:
    """Which keys may sign, and whether every document must be signed."""

    keys: tuple[tuple[str, str], ...] = ()  # (address, fingerprint), as the provider names them
    fingerprints: tuple[str, ...] = ()
    is_required: bool = False
    ring: KeyRing | None = field(default=None, repr=False)


class DocumentRun:
    """A run over the lists of a source; `has_more` tells that bounds stopped it."""

    def __init__(
        self,
        facts: SourceFacts,
        transfers: Transfers,
        report: ImportReport,
        progress: Callable[[], object] = lambda: None,
    ) -> None:
        self.facts = facts
        self.transfers = transfers
        self.report = report
        self.progress = progress
        self.has_more = False
        self.guesses_files = False  # hashes and signatures are tried beside each document of a folder
        self.trust = Trust()
        self.importer = Importer((), report, show=lambda _warning: None)
        with read_transaction():
            self.known = queries.documents(facts.id)

    def run(self) -> None:
        """Fetch and import; raises Unfetchable and Unusable when the source itself cannot be read."""
        lists = self._lists()
        try:
            with Checker() as check, self.importer.news.deferred():
                for url, folder, reader in lists:
                    if not self.transfers.is_exhausted:
                        self._read_list(url, folder, reader, check)
                    else:
                        self.has_more = True
        finally:
            if self.trust.ring is not None:
                self.trust.ring.__exit__()
            self.importer.news.release()
            db.session.commit()

    def _lists(self) -> list[tuple[str, str, Reader]]:
        """(address, address to resolve against, reader) of each list of the source."""
        url = self.facts.url
        if self.facts.kind == kinds.OSV:
            folder = url if url.endswith("/") else f"{url}/"
            return [(f"{folder}modified_id.csv", folder, providers.read_modified)]
        if self.facts.kind == kinds.ROLIE:
            self._read_provider(urljoin(url, WELL_KNOWN), is_optional=True)
            return [(url, url, providers.read_rolie)]
        provider = self._read_provider(url)
        feeds = [(feed, feed, providers.read_rolie) for feed in provider.get("feeds", ())]
        if feeds:
            return feeds
        self.guesses_files = True
        folders = [each if each.endswith("/") else f"{each}/" for each in provider.get("folders", ())]
        return [(f"{folder}changes.csv", folder, providers.read_changes) for folder in folders]

    def _read_provider(self, url: str, *, is_optional: bool = False) -> dict:
        """What the provider-metadata.json at `url` says, now or the last time; sets the trust."""
        fetched = self.transfers.get(url, MAX_METADATA_BYTES, self.known.get(url), is_optional=is_optional)
        if fetched is not None and fetched.body is not None:
            metadata = providers.read_metadata(fetched.body, url)
            provider = {
                "role": metadata.role,
                "feeds": metadata.feeds,
                "folders": metadata.folders,
                "keys": metadata.keys,
                "signs": metadata.signs or bool(self.facts.provider.get("signs")),
            }
            actions.save_provider(self.facts.id, provider, sorted({key for _url, key in metadata.keys}))
            actions.save_document(self.facts.id, self.transfers.values(url, fetched.validators))
            db.session.commit()
        else:
            provider = self.facts.provider if fetched is not None else {}
        keys = tuple((address, key) for address, key in provider.get("keys", ()))
        trusted = self.facts.fingerprints or tuple(sorted({key for _url, key in keys}))
        self.trust = Trust(keys, trusted, bool(provider.get("signs")))
        for _address, key in keys:
            if key not in trusted:
                self.report.add_error(
                    _("The provider names a new key, %(key)s: trust it if it is genuine.", key=key)
                )
        if trusted and not signatures.is_available():
            raise Unusable(_("the provider signs its documents: install gnupg on the server to check them"))
        return provider

    def _read_list(self, url: str, base: str, reader: Reader, check: Checker) -> None:
        fetched = self.transfers.get(url, MAX_LIST_BYTES, self.known.get(url))
        if fetched is None or fetched.body is None:
            return
        is_complete = True
        for entry in reader(fetched.body, base):
            known = self.known.get(entry.url)
            if known is not None and known.changed == entry.changed != "":
                if known.retry_at is None:
                    continue
                if known.retry_at > utcnow():
                    is_complete = False
                    continue
            if self.transfers.is_exhausted:
                self.has_more = True
                is_complete = False
                break
            is_complete &= self._take(entry, known, check)
            self.progress()
        if is_complete:
            actions.save_document(self.facts.id, self.transfers.values(url, fetched.validators))
            db.session.commit()

    def _take(self, entry: Entry, known: SourceDocument | None, check: Checker) -> bool:
        """Fetch, check and import one document; returns whether it need not be tried again."""
        try:
            validators, reason = self._import(entry, known, check)
        except (Unfetchable, BadSignature) as error:
            self.transfers.counts["refused"] += 1
            self.report.reject_file(f"{entry.url}: {error}")
            failures = (known.failures if known else 0) + 1
            values = self.transfers.values(entry.url, Validators(), entry.changed, str(error)) | {
                "failures": failures,
                "retry_at": utcnow() + min(MAX_RETRY, FIRST_RETRY * 2 ** min(failures - 1, 10)),
            }
        else:
            values = self.transfers.values(entry.url, validators, entry.changed, reason)
        actions.save_document(self.facts.id, values)
        db.session.commit()
        db.session.expunge_all()
        return values["retry_at"] is None

    def _import(self, entry: Entry, known: SourceDocument | None, check: Checker) -> tuple[Validators, str]:
        """The validators of a document that was read, and why it was refused ("" when it was not)."""
        fetched = self.transfers.get(entry.url, MAX_BYTES, known)
        if fetched is None or fetched.body is None:
            self.transfers.counts["unchanged"] += 1
            return (fetched.validators if fetched else Validators()), (known.reason if known else "")
        self.transfers.counts["transferred"] += 1
        self._check_hash(entry, fetched.body)
        self._check_signature(entry, fetched.body)
        refused = self.report.refused_files
        self.importer.met_outage = False
        self.importer.import_data(fetched.body, entry.url.rpartition("/")[2][:200], check)
        if self.importer.met_outage:
            raise Unfetchable(_("the database could not be written"))
        is_refused = self.report.refused_files > refused
        reason = self.report.errors[-1] if is_refused and self.report.errors else ""
        return fetched.validators, reason

    def _check_hash(self, entry: Entry, data: bytes) -> None:
        """Raise BadSignature when the hash that the provider publishes is another one."""
        name, url = entry.hash_name, entry.hash_url
        if not name:
            return
        stated = self.transfers.get(url, MAX_HASH_BYTES, is_optional=self.guesses_files)
        if stated is None:
            name, url = "sha256", f"{entry.url}.sha256"
            stated = self.transfers.get(url, MAX_HASH_BYTES, is_optional=True)
        if stated is None or stated.body is None:
            return
        if providers.expected_hash(stated.body, name) != hashlib.new(name, data).hexdigest():
            raise BadSignature(_("the hash is not the one in %(url)s", url=url))

    def _check_signature(self, entry: Entry, data: bytes) -> None:
        """Raise BadSignature when the signature is wrong, or missing where the provider signs."""
        if self.facts.kind == kinds.OSV:
            return
        signature = None
        if entry.signature_url:
            signature = self.transfers.get(
                entry.signature_url, signatures.MAX_SIGNATURE_BYTES, is_optional=self.guesses_files
            )
        if signature is None or signature.body is None:
            if self.trust.is_required:
                raise BadSignature(_("the document has no signature, but the provider signs"))
            return
        if not self.trust.fingerprints:
            self.report.add_error(
                _("%(url)s: the signature was not checked: the provider names no key", url=entry.url)
            )
            return
        self._ring().check(data, signature.body, self.trust.fingerprints)

    def _ring(self) -> KeyRing:
        """The trusted keys of the provider, fetched once in a run; a key that cannot be used is reported."""
        if self.trust.ring is None:
            self.trust.ring = KeyRing()
            for address, fingerprint in self.trust.keys:
                if fingerprint not in self.trust.fingerprints:
                    continue
                try:
                    fetched = self.transfers.get(address, signatures.MAX_KEY_BYTES)
                    if fetched is not None and fetched.body is not None:
                        self.trust.ring.add(fetched.body, fingerprint)
                except (Unfetchable, BadSignature) as error:
                    self.report.add_error(f"{address}: {error}")
        return self.trust.ring
