"""A CSAF provider on this machine: documents with hashes and OpenPGP signatures, a ROLIE feed, a folder."""

import hashlib
import json
import subprocess

import pytest

from advisories.csaf.write import to_bytes, write
from bulletins.sources import actions, import_source, queries
from core.database.db import db
from tests import site_server

METADATA = "/.well-known/csaf/provider-metadata.json"
FEED = "/csaf/feed.json"


class Key:
    """An OpenPGP key of the tests' own."""

    def __init__(self, home, name):
        self.home = home / name
        self.home.mkdir(mode=0o700)
        self.gpg("--passphrase", "", "--quick-generate-key", name, "ed25519", "sign", "never")
        listed = self.gpg("--list-keys", "--with-colons").decode()
        self.fingerprint = next(line.split(":")[9] for line in listed.splitlines() if line[:3] == "fpr")
        self.public = self.gpg("--armor", "--export")

    def gpg(self, *arguments, data=None):
        command = ["gpg", "--homedir", str(self.home), "--batch", "--pinentry-mode", "loopback", *arguments]
        return subprocess.run(command, input=data, capture_output=True, check=True).stdout

    def sign(self, data):
        return self.gpg("--passphrase", "", "--armor", "--detach-sign", data=data)


@pytest.fixture(scope="session")
def keys(tmp_path_factory):
    """keys(name) → Key, made once."""
    home, made = tmp_path_factory.mktemp("keys"), {}

    def key(name):
        if name not in made:
            made[name] = Key(home, name)
        return made[name]

    yield key
    for each in made.values():
        subprocess.run(["gpgconf", "--homedir", str(each.home), "--kill", "gpg-agent"], check=False)


class Provider:
    """Publishes documents on a server; `key` signs them unless it is None."""

    def __init__(self, server, key=None, role="csaf_trusted_provider"):
        self.server, self.key, self.entries = server, key, {}
        self.server.pages["/key.asc"] = key.public if key else None
        self.metadata = {
            "metadata_version": "2.0",
            "role": role if key else "csaf_provider",
            "publisher": {"name": "Acme PSIRT", "category": "vendor", "namespace": "https://acme.example"},
            "public_openpgp_keys": [{"url": "/key.asc", "fingerprint": key.fingerprint}] if key else [],
            "distributions": [
                {
                    "rolie": {
                        "feeds": [
                            {"url": FEED, "tlp_label": "WHITE"},
                            {"url": "/csaf/secret.json", "tlp_label": "AMBER"},
                        ]
                    }
                }
            ],
        }
        self.publish_lists()

    def publish(self, advisory, changed="2026-03-10T17:00:00Z", *, signed_by=None):
        """Put a document on the server, or a changed one."""
        data = to_bytes(write(advisory))
        path = f"/csaf/{advisory.tracking_id.lower()}.json"
        self.server.pages[path] = data
        self.server.pages[f"{path}.sha512"] = (
            f"{hashlib.sha512(data).hexdigest()}  {advisory.tracking_id}.json\n".encode()
        )
        if key := signed_by or self.key:
            self.server.pages[f"{path}.asc"] = key.sign(data)
        self.entries[path] = changed
        self.publish_lists()
        return path

    def publish_lists(self):
        self.server.pages[METADATA] = json.dumps(self.metadata).encode()
        entries = [
            {
                "id": path,
                "title": path,
                "updated": changed,
                "content": {"type": "application/json", "src": path},
                "link": [
                    {"rel": "self", "href": path},
                    {"rel": "hash", "href": f"{path}.sha512"},
                    *([{"rel": "signature", "href": f"{path}.asc"}] if self.key else []),
                ],
            }
            for path, changed in self.entries.items()
        ]
        self.server.pages[FEED] = json.dumps({"feed": {"id": "acme", "entry": entries}}).encode()
        lines = [f'"{path.removeprefix("/csaf/")}","{changed}"' for path, changed in self.entries.items()]
        self.server.pages["/csaf/changes.csv"] = "\n".join(lines).encode()


@pytest.fixture
def server(app):
    """A server on this machine that the setting for tests names."""
    with site_server.running() as server:
        app.config["REDOUBT_FETCH_LOOPBACK"] = (server.origin,)
        yield server


@pytest.fixture
def provider(server, keys):
    """A trusted provider, which signs, with no document yet."""
    return Provider(server, keys("acme"))


@pytest.fixture
def make_source(server):
    """make_source(path, kind="csaf") → Source that is on, committed."""

    def make(path=METADATA, kind="csaf"):
        source = actions.add(kind, "", f"{server.url}{path}", 0, is_on=True, by=None)
        db.session.commit()
        return source

    return make


@pytest.fixture
def run(app):
    """run(source) → Result of a run now; db.session is fresh afterwards."""

    def go(source):
        source_id = source.id
        result = import_source.run(source_id, is_forced=True)
        db.session.expire_all()
        assert queries.get_source(source_id).claimed_until is None
        return result

    return go
