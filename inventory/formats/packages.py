"""Lists of packages of Linux distributions: `dpkg -l`, `dpkg-query -W`, `rpm -qa`.

A package gets a purl of its distribution when the list says which one it is, so that it never counts as the
upstream product. The distribution itself is a component of its own, as far as its packages name it.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from urllib.parse import quote

from inventory.formats.component import Component, line

SAMPLE_LINES = 200
_DPKG = re.compile(r"[uirph]([nicufhwt])[R ]?\s+(\S+)\s+(\S+)(?:\s+(\S+))?")
_DPKG_QUERY = re.compile(r"([a-z0-9][a-z0-9+.-]+(?::[a-z0-9-]+)?)\t([0-9][\w.+:~-]*)$", re.A)
ARCHITECTURES = (
    "x86_64",
    "noarch",
    "i686",
    "i586",
    "i386",
    "aarch64",
    "ppc64le",
    "s390x",
    "armv7hl",
    "(none)",
)
_RPM = re.compile(r"([\w][\w.+-]*)-([\w.+~^:]+)-([\w.+~^]+)$", re.A)
_UBUNTU_RELEASE = re.compile(r"(?:ubuntu0\.|~|ubuntu)(\d\d\.\d\d)(?:\.\d+)?(?=\.|$|~|\+)")
_DEBIAN_RELEASE = re.compile(r"(?:[+~]deb)(\d{1,2})u\d+")
_RELEASE_PACKAGE = {
    "redhat-release": ("Red Hat Enterprise Linux", "redhat"),
    "redhat-release-server": ("Red Hat Enterprise Linux", "redhat"),
    "rocky-release": ("Rocky Linux", "rocky"),
    "almalinux-release": ("AlmaLinux OS", "almalinux"),
    "centos-release": ("CentOS", "centos"),
    "centos-stream-release": ("CentOS Stream", "centos"),
    "oraclelinux-release": ("Oracle Linux", "oracle"),
    "fedora-release": ("Fedora", "fedora"),
    "fedora-release-common": ("Fedora", "fedora"),
    "system-release": ("Amazon Linux", "amzn"),
    "sles-release": ("SUSE Linux Enterprise Server", "suse"),
    "openSUSE-release": ("openSUSE", "opensuse"),
}


def is_dpkg(lines: list[str]) -> bool:
    """Whether these lines are of `dpkg -l` or `dpkg-query -W`."""
    head = "\n".join(lines[:3])
    if head.startswith("Desired=") or "+++-===" in "\n".join(lines[:8]):
        return True
    sample = [each for each in lines[:SAMPLE_LINES] if each.strip()]
    return _mostly(sample, lambda text: bool(_DPKG_QUERY.match(text))) or _mostly(
        sample, lambda text: text[:2] in ("ii", "hi", "rc") and bool(_DPKG.match(text))
    )


def from_dpkg(lines: list[str]) -> Iterator[Component]:
    """Yield the packages that are installed; removed ones whose configuration is left are not."""
    packages = []
    for text in lines:
        match = _DPKG_QUERY.match(text)
        if match:
            packages.append((match[1], match[2], ""))
            continue
        match = _DPKG.match(text)
        if match and match[1] == "i" and match[3][0].isdigit():
            packages.append((match[2], match[3], match[4] or ""))
    versions = {name.partition(":")[0]: version for name, version, _architecture in packages}
    distribution, release = _distribution(versions)
    if distribution:
        yield Component(distribution.capitalize(), version=release)
    for full_name, version, architecture in packages:
        name = full_name.partition(":")[0]
        yield Component(
            line(name),
            version=line(version),
            purl=_purl("deb", distribution, name, version, architecture),
            vendor=distribution.capitalize(),
        )


def _distribution(versions: dict[str, str]) -> tuple[str, str]:
    """(distribution, release) of the packages of dpkg; empty when they do not say it."""
    base = versions.get("base-files", "")
    ubuntu = Counter(match[1] for each in versions.values() if (match := _UBUNTU_RELEASE.search(each)))
    is_ubuntu = "ubuntu" in base or sum("ubuntu" in each for each in versions.values()) > len(versions) / 20
    if is_ubuntu:
        return "ubuntu", ubuntu.most_common(1)[0][0] if ubuntu else ""
    debian = Counter(match[1] for each in versions.values() if (match := _DEBIAN_RELEASE.search(each)))
    if base and base[0].isdigit():
        return "debian", base.partition("+")[0]
    return ("debian", debian.most_common(1)[0][0]) if debian else ("", "")


def is_rpm(lines: list[str]) -> bool:
    """Whether these lines are of `rpm -qa`."""
    sample = [each.strip() for each in lines[:SAMPLE_LINES] if each.strip()]
    return _mostly(sample, lambda text: _rpm_parts(text) is not None)


def from_rpm(lines: list[str]) -> Iterator[Component]:
    """Yield the packages, and the distribution when its release package is among them."""
    found = [parts for text in lines if (parts := _rpm_parts(text.strip()))]
    namespace = ""
    for name, version, _release, _architecture in found:
        product = _RELEASE_PACKAGE.get(name)
        if product:
            namespace = product[1]
            yield Component(product[0], version=line(version))
            break
    namespace = namespace or ("fedora" if any(".fc" in parts[2] for parts in found[:50]) else "")
    for name, version, release, architecture in found:
        if name == "gpg-pubkey":
            continue
        yield Component(
            line(name),
            version=line(f"{version}-{release}"),
            purl=_purl("rpm", namespace, name, f"{version}-{release}", architecture),
        )


def _rpm_parts(text: str) -> tuple[str, str, str, str] | None:
    """(name, version, release, architecture) of a line of `rpm -qa`; an epoch stays in the version."""
    architecture = next((each for each in ARCHITECTURES if text.endswith("." + each)), "")
    match = _RPM.match(text.removesuffix("." + architecture)) if len(text) < 300 else None
    if match is None or not any(c.isdigit() for c in match[2]):
        return None
    if not architecture and not re.search(r"\.(?:el|fc|amzn|suse|mga)\d|^\d", match[3]):
        return None
    return match[1], match[2], match[3], architecture.strip("()")


def _purl(kind: str, namespace: str, name: str, version: str, architecture: str) -> str:
    epoch, colon, rest = version.partition(":")
    if kind == "rpm" and colon:
        version = rest
    qualifiers = [f"arch={quote(architecture)}"] if architecture and architecture != "none" else []
    if kind == "rpm" and colon:
        qualifiers.append(f"epoch={quote(epoch)}")
    path = "/".join(quote(part, safe="") for part in (namespace, name) if part)
    found = f"pkg:{kind}/{path}@{quote(version, safe='')}" + (
        "?" + "&".join(qualifiers) if qualifiers else ""
    )
    return line(found)


def _mostly(sample: list[str], test: Callable[[str], bool]) -> bool:
    return bool(sample) and sum(map(test, sample)) >= 0.8 * len(sample)
