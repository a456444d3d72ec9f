"""Redaction of the emails in the outbox folder of a site without a mail server."""

from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path

from flask import current_app

from core.redaction import Mask, html_body, register_text_files

POLICY = SMTP.clone(max_line_length=998)


@register_text_files
def redact_outbox(mask: Mask) -> int:
    """Mask the text and subject of emails in the outbox; returns how many were changed."""
    folder = Path(current_app.config["REDOUBT_INSTANCE"]) / "outbox"
    return sum(_redact(path, mask) for path in sorted(folder.glob("*.eml"))) if folder.is_dir() else 0


def _redact(path: Path, mask: Mask) -> bool:
    message = message_from_bytes(path.read_bytes(), policy=POLICY)
    changed = False
    subject = str(message["Subject"] or "")
    if (masked := mask.apply(subject)) != subject:
        del message["Subject"]
        message["Subject"] = masked
        changed = True
    for part in message.walk():
        if part.get_content_maintype() != "text":
            continue
        text = part.get_content()
        if (masked := mask.apply(text)) != text:
            part.set_content(masked, subtype=part.get_content_subtype())
            changed = True
    if changed:
        plain = message.get_body(("plain",))
        for part in message.walk():
            if part.get_content_subtype() == "html" and plain is not None:
                part.set_content(html_body(plain.get_content()), subtype="html")
        replacement = path.with_suffix(".part")
        replacement.write_bytes(bytes(message))
        replacement.replace(path)
    return changed
