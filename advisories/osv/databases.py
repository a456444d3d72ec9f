"""Who publishes an OSV record, by the prefix of its id; how ecosystems name packages and order versions."""

from typing import NamedTuple
from urllib.parse import quote

from packageurl import PackageURL

from advisories.csaf.rules import is_purl


class Database(NamedTuple):
    """The publisher of records with one prefix."""

    publisher: str
    namespace: str
    category: str = "coordinator"
    is_distribution: bool = False


_OSV = Database("OSV", "https://osv.dev", "other")
_DATABASES = {  # https://ossf.github.io/osv-schema/#id-modified-fields
    "A": Database("Android", "https://source.android.com", "vendor"),
    "ALBA": Database("AlmaLinux", "https://almalinux.org", "vendor", True),
    "ALEA": Database("AlmaLinux", "https://almalinux.org", "vendor", True),
    "ALPINE": Database("Alpine Linux", "https://security.alpinelinux.org", "vendor", True),
    "ALSA": Database("AlmaLinux", "https://almalinux.org", "vendor", True),
    "ASB": Database("Android", "https://source.android.com", "vendor"),
    "BELL": Database("BellSoft", "https://bell-sw.com", "vendor", True),
    "BIT": Database("Bitnami", "https://bitnami.com", "vendor"),
    "CGA": Database("Chainguard", "https://images.chainguard.dev", "vendor", True),
    "CLEANSTART": Database("CleanStart", "https://www.cleanstart.com", "vendor", True),
    "CURL": Database("curl", "https://curl.se", "vendor"),
    "DEBIAN": Database("Debian", "https://security-tracker.debian.org", "vendor", True),
    "DLA": Database("Debian", "https://security-tracker.debian.org", "vendor", True),
    "DRUPAL": Database("Drupal", "https://www.drupal.org/security", "vendor"),
    "DSA": Database("Debian", "https://security-tracker.debian.org", "vendor", True),
    "DTSA": Database("Debian", "https://security-tracker.debian.org", "vendor", True),
    "ECHO": Database("Echo", "https://www.echo.ai", "vendor", True),
    "EEF": Database("Erlang Ecosystem Foundation", "https://erlef.org", "coordinator"),
    "GHSA": Database("GitHub Advisory Database", "https://github.com/advisories"),
    "GO": Database("Go Vulnerability Database", "https://pkg.go.dev/vuln"),
    "GSD": Database("Global Security Database", "https://gsd.id"),
    "HSEC": Database("Haskell Security Advisories", "https://haskell.github.io/security-advisories"),
    "JLSEC": Database("Julia Security Advisories", "https://github.com/JuliaLang/SecurityAdvisories.jl"),
    "LSN": Database("Ubuntu", "https://ubuntu.com/security", "vendor", True),
    "MAL": Database("OpenSSF Malicious Packages", "https://github.com/ossf/malicious-packages"),
    "MGASA": Database("Mageia", "https://advisories.mageia.org", "vendor", True),
    "MINI": Database("MinimOS", "https://www.minimus.io", "vendor", True),
    "OESA": Database("openEuler", "https://www.openeuler.org", "vendor", True),
    "OSEC": Database("OCaml Security Advisories", "https://github.com/ocaml/security-advisories"),
    "OSV": Database("OSS-Fuzz", "https://github.com/google/oss-fuzz-vulns"),
    "PSF": Database("Python Software Foundation", "https://www.python.org", "vendor"),
    "PUB": Database("Android", "https://source.android.com", "vendor"),
    "PYSEC": Database("PyPA Advisory Database", "https://github.com/pypa/advisory-database"),
    "RHBA": Database("Red Hat", "https://access.redhat.com", "vendor", True),
    "RHEA": Database("Red Hat", "https://access.redhat.com", "vendor", True),
    "RHSA": Database("Red Hat", "https://access.redhat.com", "vendor", True),
    "RLSA": Database("Rocky Linux", "https://rockylinux.org", "vendor", True),
    "RSEC": Database("R Consortium", "https://github.com/RConsortium/r-advisory-database"),
    "RUSTSEC": Database("RustSec", "https://rustsec.org"),
    "RXSA": Database("Rocky Linux", "https://rockylinux.org", "vendor", True),
    "SUSE": Database("SUSE", "https://www.suse.com", "vendor", True),
    "TUXCARE": Database("TuxCare", "https://tuxcare.com", "vendor", True),
    "UBUNTU": Database("Ubuntu", "https://ubuntu.com/security", "vendor", True),
    "USN": Database("Ubuntu", "https://ubuntu.com/security", "vendor", True),
    "V8": Database("V8/Chromium", "https://www.chromium.org", "vendor"),
    "openSUSE": Database("openSUSE", "https://www.opensuse.org", "vendor", True),
}


class Ecosystem(NamedTuple):
    """How versions of an ecosystem are ordered (VERS scheme), and its package URLs (type, namespace)."""

    scheme: str = ""
    purl_type: str = ""
    purl_namespace: str = ""
    is_distribution: bool = False


_ECOSYSTEMS = {
    "AlmaLinux": Ecosystem("rpm", "rpm", "almalinux", True),
    "Alpaquita": Ecosystem("apk", "apk", "alpaquita", True),
    "Alpine": Ecosystem("apk", "apk", "alpine", True),
    "BellSoft Hardened Containers": Ecosystem("apk", "apk", "bellsoft-hardened-containers", True),
    "Bitnami": Ecosystem("semver", "bitnami"),
    "Chainguard": Ecosystem("apk", "apk", "chainguard", True),
    "ConanCenter": Ecosystem("conan", "conan"),
    "CRAN": Ecosystem("generic", "cran"),
    "Debian": Ecosystem("deb", "deb", "debian", True),
    "Echo": Ecosystem("deb", "deb", "echo", True),
    "GitHub Actions": Ecosystem("semver", "githubactions"),
    "Go": Ecosystem("golang", "golang"),
    "Hackage": Ecosystem("generic", "hackage"),
    "Hex": Ecosystem("hex", "hex"),
    "Julia": Ecosystem("semver", "julia"),
    "Linux": Ecosystem("generic"),
    "Mageia": Ecosystem("rpm", "rpm", "mageia", True),
    "Maven": Ecosystem("maven", "maven"),
    "MinimOS": Ecosystem("apk", "apk", "minimos", True),
    "NuGet": Ecosystem("nuget", "nuget"),
    "Packagist": Ecosystem("composer", "composer"),
    "Photon OS": Ecosystem("rpm", "rpm", "photon", True),
    "Pub": Ecosystem("semver", "pub"),
    "PyPI": Ecosystem("pypi", "pypi"),
    "Red Hat": Ecosystem("rpm", "rpm", "redhat", True),
    "Rocky Linux": Ecosystem("rpm", "rpm", "rocky-linux", True),
    "RubyGems": Ecosystem("gem", "gem"),
    "SUSE": Ecosystem("rpm", "rpm", "suse", True),
    "SwiftURL": Ecosystem("semver", "swift"),
    "TuxCare": Ecosystem("", "", "", True),
    "Ubuntu": Ecosystem("deb", "deb", "ubuntu", True),
    "Wolfi": Ecosystem("apk", "apk", "wolfi", True),
    "crates.io": Ecosystem("cargo", "cargo"),
    "npm": Ecosystem("npm", "npm"),
    "openEuler": Ecosystem("rpm", "rpm", "openeuler", True),
    "openSUSE": Ecosystem("rpm", "rpm", "opensuse", True),
}
_ID_IN_NAMESPACE = ("composer", "golang", "githubactions", "npm", "swift")  # names with slashes


def database_of(record_id: str) -> Database:
    """The publisher of the record with this id; ids are unique over all databases, so OSV if unknown."""
    return _DATABASES.get(record_id.partition("-")[0], _OSV)


def page_of(record_id: str) -> str:
    """The address of the page about a record; empty for an unknown database."""
    if record_id.startswith("GHSA-"):
        return f"https://github.com/advisories/{quote(record_id)}"
    known = record_id.partition("-")[0] in _DATABASES
    return f"https://osv.dev/vulnerability/{quote(record_id)}" if known else ""


def ecosystem_of(name: str) -> tuple[str, str, Ecosystem]:
    """(name without the release, release, ecosystem) of "Debian:12"; an unknown one has no scheme."""
    base, _, release = name.partition(":")
    return base, release, _ECOSYSTEMS.get(base, Ecosystem())


def purl_of(base: str, release: str, package: str, stated: str) -> str:
    """The package URL of a package: the stated one, or one from its name; empty when none is known.

    Packages of distributions have the qualifier `distro`, since releases have different fixes.
    """
    ecosystem = _ECOSYSTEMS.get(base, Ecosystem())
    if stated and is_purl(stated):
        purl = PackageURL.from_string(stated)
        qualifiers = dict(purl.qualifiers) if isinstance(purl.qualifiers, dict) else {}
    elif ecosystem.purl_type:
        namespace, name = ecosystem.purl_namespace, package
        if ecosystem.purl_type == "maven":
            namespace, _, name = package.rpartition(":")
        elif ecosystem.purl_type in _ID_IN_NAMESPACE:
            namespace, _, name = package.rpartition("/")
        qualifiers = {}
        try:
            purl = PackageURL(ecosystem.purl_type, namespace or None, name)
        except ValueError:
            return ""
    else:
        return ""
    if ecosystem.is_distribution and release and "distro" not in qualifiers:
        qualifiers["distro"] = f"{ecosystem.purl_namespace}-{release.replace(':', '-')}".lower()
    try:
        return PackageURL(
            purl.type, purl.namespace, purl.name, None, qualifiers or None, purl.subpath
        ).to_string()
    except ValueError:
        return ""
