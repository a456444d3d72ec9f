"""The sentence that explains a verdict."""

from flask_babel import gettext

from core.web.lazy_text import lazy_gettext as _
from inventory.versions.verdicts import Verdict

_SENTENCES: dict[str, str] = {
    "below_fix": _("%(name)s %(version)s is below %(bound)s, the version that fixes %(what)s."),
    "not_below_fix": _("%(name)s %(version)s is not below %(bound)s, the version that fixes %(what)s."),
    "up_to": _("%(name)s %(version)s is not above %(bound)s, the last version affected by %(what)s."),
    "above_last": _("%(name)s %(version)s is above %(bound)s, the last version affected by %(what)s."),
    "from": _(
        "%(name)s %(version)s is not below %(lower)s, the first version affected by %(what)s; no fixed "
        "version is named."
    ),
    "below_range": _("%(name)s %(version)s is below %(bound)s, the first version affected by %(what)s."),
    "named": _("The bulletin names %(name)s %(version)s as affected."),
    "not_named": _("The bulletin names %(said)s as affected; %(name)s %(version)s is another version."),
    "all_versions": _("The bulletin says that all versions of %(product)s are affected."),
    "affected_other": _(
        "The bulletin says that all versions are affected but those it lists, and %(name)s %(version)s is "
        "not among them."
    ),
    "release": _("The bulletin names this release as affected."),
    "other_release": _("The bulletin names %(named)s, which is another release."),
    "said_fixed": _("The bulletin names %(name)s %(version)s as fixed (%(named)s)."),
    "said_not_affected": _("The bulletin says that %(name)s %(version)s is not affected (%(named)s)."),
    "below_package": _(
        "%(name)s %(version)s is below %(bound)s, the package in which %(distribution)s fixes %(what)s."
    ),
    "not_below_package": _(
        "%(name)s %(version)s is not below %(bound)s, the package in which %(distribution)s fixes %(what)s."
    ),
    "other_stream": _("The bulletin names a package for another release of the distribution (%(named)s)."),
    "update_installed": _("%(version)s is the update that fixes %(what)s."),
    "update_superseded": _("%(version)s is superseded by %(bound)s, which fixes %(what)s."),
    "update_unknown": _("The bulletin does not say whether %(version)s contains the fix of %(what)s."),
    "distribution": _(
        "%(name)s %(version)s is a package of %(distribution)s, which adds fixes without changing the "
        "version of the project. This bulletin is about the project; the advisories of %(distribution)s "
        "decide."
    ),
    "not_upstream": _(
        "This bulletin is about a package of %(distribution)s (%(named)s), not about %(name)s of the project."
    ),
    "family": _(
        "Some versions of %(name)s %(version)s are affected: the exact version decides, compared with "
        "%(bound)s."
    ),
    "same_name": _(
        "%(named)s has the same name as your %(name)s %(version)s, but who makes yours is not known."
    ),
    "similar_name": _(
        "%(named)s may be your %(name)s %(version)s: the names differ only in words such as Client or Server."
    ),
    "build_of_last": _(
        "%(name)s %(version)s may be a build of %(bound)s, the last version affected by %(what)s."
    ),
    "version_unknown": _("Your version of %(name)s is not known."),
    "range_not_understood": _(
        "The bulletin describes the affected versions as “%(said)s”, which cannot be compared."
    ),
    "not_comparable": _(
        "%(name)s %(version)s cannot be compared with the versions of the bulletin (%(said)s)."
    ),
    "other_versions": _(
        "The bulletin says that versions other than those it lists are affected; whether %(name)s "
        "%(version)s is one of them is not known."
    ),
    "module": _("%(name)s %(version)s and the package of the bulletin do not belong to the same module."),
    "no_version": _("The bulletin does not say which version is fixed."),
}
_MAX_VALUE_CHARACTERS = 120


def sentence(verdict: Verdict) -> str:
    """The sentence for a reader, in their language."""
    values = {key: str(value)[:_MAX_VALUE_CHARACTERS] for key, value in verdict.values.items()}
    for key in ("name", "version", "named", "product", "said", "bound", "lower", "distribution", "note"):
        values.setdefault(key, "")
    if not values["distribution"]:
        values["distribution"] = gettext("the distribution")
    values["what"] = values.get("cve") or (
        gettext("these vulnerabilities") if values.get("count", "1") != "1" else gettext("the vulnerability")
    )
    return " ".join((str(_SENTENCES[verdict.reason]) % values).split())
