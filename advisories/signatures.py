"""Check OpenPGP signatures with the program gpg, in an own folder that is deleted afterwards.

No library is used: those that are kept are as large as gpg, and gpg is in every distribution. Only the keys
that are given count, whatever the user who runs the site has (docs/decisions/0611).
"""

import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from flask_babel import gettext as _

from advisories.advisory import Unusable

GPG_SECONDS = 30
MAX_KEY_BYTES = 1024 * 1024
MAX_SIGNATURE_BYTES = 64 * 1024
BAD = ("EXPSIG", "EXPKEYSIG", "REVKEYSIG", "BADSIG", "ERRSIG")


class BadSignature(Unusable):
    """A signature that does not prove that a document is the provider's; the message says why."""


def is_available() -> bool:
    """Whether the program gpg is installed."""
    return shutil.which("gpg") is not None


class KeyRing:
    """The public keys of one provider, by their fingerprints; use it as a context manager."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="redoubt-keys-")
        self.home = Path(self._folder.name)  # mode 0700
        self.fingerprints: set[str] = set()

    def __enter__(self) -> "KeyRing":
        return self

    def __exit__(self, *error: object) -> None:
        self._folder.cleanup()

    def add(self, key: bytes, fingerprint: str) -> None:
        """Import a public key; raises BadSignature when it does not have this fingerprint."""
        path = self.home / "key.asc"
        path.write_bytes(key[:MAX_KEY_BYTES])
        listed = self._run("--show-keys", "--with-colons", str(path))
        kinds = [line.split(":") for line in listed.splitlines()]
        found = next((row[9].upper() for row in kinds if row[0] == "fpr" and len(row) > 9), "")
        if sum(row[0] == "pub" for row in kinds) != 1 or found != fingerprint:
            raise BadSignature(_("the key has not the fingerprint %(fingerprint)s", fingerprint=fingerprint))
        self._run("--import", str(path))
        self.fingerprints.add(fingerprint)

    def check(self, data: bytes, signature: bytes, trusted: Iterable[str]) -> None:
        """Raise BadSignature unless one of the `trusted` keys made this detached signature of `data`."""
        (self.home / "data").write_bytes(data)
        (self.home / "data.asc").write_bytes(signature[:MAX_SIGNATURE_BYTES])
        status = self._run("--verify", str(self.home / "data.asc"), str(self.home / "data"))
        rows = [line.split()[1:] for line in status.splitlines() if line.startswith("[GNUPG:] ")]
        words = {row[0] for row in rows if row}
        signers = {row[-1] for row in rows if row and row[0] == "VALIDSIG"}  # fingerprints of primary keys
        if words & {*BAD} or not signers:
            reason = next((word for word in BAD if word in words), "NO_PUBKEY")
            raise BadSignature(_("the signature is not valid (gpg: %(why)s)", why=reason))
        if not signers <= set(trusted):
            raise BadSignature(
                _("signed with the key %(key)s, which is not trusted", key=", ".join(sorted(signers))[:200])
            )

    def _run(self, *arguments: str) -> str:
        """Standard output of gpg (status lines); the exit status is not used, as the lines say more."""
        try:
            done = subprocess.run(
                [
                    shutil.which("gpg") or "gpg",
                    "--homedir",
                    str(self.home),
                    "--batch",
                    "--no-tty",
                    "--no-autostart",
                    "--no-auto-key-retrieve",
                    "--trust-model",
                    "always",
                    "--weak-digest",
                    "SHA1",
                    "--status-fd",
                    "1",
                    *arguments,
                ],
                capture_output=True,
                timeout=GPG_SECONDS,
                env={"PATH": "/usr/bin:/bin:/usr/local/bin", "GNUPGHOME": str(self.home), "LC_ALL": "C"},
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise BadSignature(_("gpg could not be run: install gnupg on the server")) from error
        return done.stdout.decode("utf-8", "replace")
