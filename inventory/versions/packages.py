"""Packages of distributions: whose they are, for which release, and how their versions are ordered. Pure.

A distribution repairs the version it ships: Debian's openssl 3.0.15-1~deb12u1 is not OpenSSL 3.0.15.
"""

import re
from dataclasses import dataclass

from packageurl import PackageURL

from inventory.versions import schemes

TYPES = ("deb", "rpm", "apk", "alpm", "ebuild")
NAMES = {
    "debian": "Debian",
    "ubuntu": "Ubuntu",
    "redhat": "Red Hat",
    "rhel": "Red Hat",
    "centos": "CentOS",
    "fedora": "Fedora",
    "rocky": "Rocky Linux",
    "almalinux": "AlmaLinux",
    "amazon": "Amazon Linux",
    "amzn": "Amazon Linux",
    "suse": "SUSE",
    "opensuse": "openSUSE",
    "oracle": "Oracle Linux",
    "alpine": "Alpine",
    "arch": "Arch Linux",
}
MAX_PURL_CHARACTERS = 1_000
_SHAPES = (  # of versions that only a distribution gives
    (re.compile(r"[~+]deb[0-9]{1,2}u[0-9]|[~+]bpo[0-9]{1,2}\+"), "deb", "debian"),
    (re.compile(r"[0-9]ubuntu[0-9]|[~+]ubuntu[0-9]|\+esm[0-9]"), "deb", "ubuntu"),
    (re.compile(r"\+(?:dfsg|ds)[0-9.]*-"), "deb", ""),
    (re.compile(r"\.el[0-9]{1,2}(?:_[0-9]+|[.+]|$|sat)"), "rpm", "redhat"),
    (re.compile(r"\.fc[0-9]{2}(?:[.+]|$)"), "rpm", "fedora"),
    (re.compile(r"\.amzn[0-9]{1,4}(?:[.+]|$)"), "rpm", "amazon"),
    (re.compile(r"-(?:lp)?15[0-9]{1,4}\.[0-9.]+$|\.(?:lp15[0-9]|suse)"), "rpm", "suse"),
    (re.compile(r"^[0-9]{1,3}:[0-9].*-"), "", ""),  # an epoch
)
_STREAMS = (  # the release of the distribution, in a version
    (re.compile(r"\.(?:module[+_])?el([0-9]{1,2})"), "el"),
    (re.compile(r"\.fc([0-9]{2})"), "fc"),
    (re.compile(r"\.amzn([0-9]{1,4})"), "amzn"),
    (re.compile(r"[~+](?:deb|bpo)([0-9]{1,2})"), "debian"),
)
_CODENAMES = {
    "buster": "debian10",
    "bullseye": "debian11",
    "bookworm": "debian12",
    "trixie": "debian13",
    "forky": "debian14",
    "bionic": "ubuntu18.04",
    "focal": "ubuntu20.04",
    "jammy": "ubuntu22.04",
    "noble": "ubuntu24.04",
}
_DISTRO = re.compile(r"([a-z]+)[-_: ]?(?:linux[-_: ]?)?v?([0-9]{1,4}(?:\.[0-9]{1,2})?)")
_PLATFORM = re.compile(
    r"(enterprise[ _]linux|rhel|debian|ubuntu|fedora|amazon[ _]linux|alpine|sles|rocky|almalinux)"
    r"(?:[ _:][a-z_]{1,20}){0,3}[ _:v-]{0,2}([0-9]{1,4}(?:\.[0-9]{2})?)"
)
_MODULE = re.compile(r"\.module[+_]")


@dataclass(frozen=True)
class Package:
    """A package of a distribution; unknown parts are empty.

    `stream` is the release of the distribution ("el9", "debian12"), `source` the source package if it has
    another name, `is_module` whether it belongs to a module stream of an rpm distribution.
    """

    kind: str  # deb, rpm, apk, …
    vendor: str  # debian, redhat, …
    name: str
    version: str
    stream: str = ""
    source: str = ""
    is_module: bool = False

    @property
    def scheme(self) -> str:
        """The order of its versions."""
        return schemes.scheme_of(self.kind or "deb")

    @property
    def distribution(self) -> str:
        """The name of the distribution, or an empty text."""
        return NAMES.get(self.vendor, self.vendor.title())


def package_of(name: str, version: str, purl: str = "", platform: str = "") -> Package | None:
    """The package that a component or a product of an advisory is; None for anything upstream.

    `platform` is the text or CPE of the platform it is part of. A package URL decides; without one, only a
    version that no upstream project gives.
    """
    if purl.startswith("pkg:") and len(purl) <= MAX_PURL_CHARACTERS:
        return _from_purl(version, purl, platform)
    for shape, kind, vendor in _SHAPES:
        if version and shape.search(version):
            return Package(
                kind,
                vendor,
                name.casefold().removesuffix(":amd64"),
                version,
                stream_of(version, platform),
                is_module=bool(_MODULE.search(version)),
            )
    return None


def _from_purl(version: str, purl: str, platform: str) -> Package | None:
    try:
        found = PackageURL.from_string(purl)
    except (ValueError, IndexError):
        return None
    if found.type not in TYPES:
        return None
    qualifiers = found.qualifiers if isinstance(found.qualifiers, dict) else {}
    number = found.version or version
    epoch = qualifiers.get("epoch", "")
    if epoch.isdigit() and ":" not in number and number:
        number = f"{epoch}:{number}"
    if version and version.endswith(number) and ":" in version:  # the epoch is only in the version
        number = version
    upstream = qualifiers.get("upstream", "").split("@")[0].casefold()
    distro = qualifiers.get("distro", "")
    return Package(
        found.type,
        (found.namespace or "").casefold(),
        found.name.casefold(),
        number,
        stream_of(number, distro or platform, found.namespace or ""),
        upstream.removesuffix(".src.rpm") if upstream != found.name.casefold() else "",
        bool(_MODULE.search(number)) or bool(qualifiers.get("rpmmod")),
    )


def stream_of(version: str, platform: str, vendor: str = "") -> str:
    """The release of the distribution: el9, fc40, debian12, ubuntu22.04; empty when it is not said."""
    for shape, word in _STREAMS:
        if match := shape.search(version):
            return f"{word}{match[1]}"
    text = platform.casefold()[:300]
    if not text:
        return ""
    for codename, stream in _CODENAMES.items():
        if codename in text:
            return stream
    match = _PLATFORM.search(text) or _DISTRO.fullmatch(text)
    if match is None:
        return ""
    word, number = match[1].replace("_", " "), match[2]
    if word in ("enterprise linux", "rhel", "el", "redhat", "rocky", "almalinux", "centos", "oracle"):
        return f"el{number.split('.')[0]}"
    if word == "fedora":
        return f"fc{number}"
    if word in ("amazon linux", "amzn"):
        return f"amzn{number}"
    if word in ("debian", "alpine", "sles"):
        return f"{word}{number.split('.')[0] if word == 'debian' else number}"
    return f"{word}{number}"
