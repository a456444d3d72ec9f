"""Health check: the first steps of an administrator on an empty site."""

from collections.abc import Iterator

from flask_babel import gettext as _

from core.checks.health import Finding, judge, register_check
from home import first_steps


@register_check()
def first_days() -> Iterator[Finding]:
    """First steps."""
    if not first_steps.is_settled():
        open_steps = [step for step in first_steps.steps() if not step.is_done]
        yield judge(
            _("First steps"),
            ", ".join(step.title for step in open_steps) or _("all done"),
            remark=bool(open_steps),
            advice=_("Administrators see them on the front page after logging in."),
        )
