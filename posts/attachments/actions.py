"""Writes of attachments: store, attach to a post, erase, collect. Nothing here commits."""

import secrets
from dataclasses import dataclass, field
from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy import delete, select, update

from auth.models import User
from core.database.db import changed_rows, db, utcnow
from core.limits.rate_limits import lock_key
from core.markup.characters import visible_line
from core.markup.markdown_links import possible_pictures
from core.web.access import require
from core.web.forms import Invalid
from core.web.site import path_to
from posts.attachments import media, pictures, policy, queries
from posts.attachments.models import MAX_ALT_CHARACTERS, PICTURE, TEXT, Attachment
from posts.attachments.store import current_store, digest_of
from posts.models import Post

MAX_FILE_BYTES = 8 * 1024 * 1024
MAX_KEYS = 1_000  # of attachments in one text
DAY = timedelta(days=1)
FIELD = "file"  # the name of the field, in forms, errors and the API


@dataclass(frozen=True)
class Prepared:
    """A file that was recognised and made safe, but is not stored yet."""

    kind: str
    media_type: str
    name: str
    data: bytes = field(repr=False)
    thumbnail: bytes = field(default=b"", repr=False)
    width: int | None = None
    height: int | None = None


def prepare(data: bytes, name: str) -> Prepared:
    """Recognise a file and make it safe. Raises Invalid. Needs no database, and takes up to seconds."""
    if not data:
        raise _refused(_("%(name)s is empty.", name=_shown(name)))
    if len(data) > MAX_FILE_BYTES:
        raise _refused(
            _(
                "%(name)s is larger than %(n)s MB. Pack it, or cut out the part that matters.",
                name=_shown(name),
                n=MAX_FILE_BYTES // 1024**2,
            )
        )
    found = media.recognise(data)
    if found is None:
        raise _refused(
            _("%(name)s is a program. Programs cannot be attached; link to its source.", name=_shown(name))
        )
    if found.kind != PICTURE:
        return Prepared(found.kind, found.media_type, media.safe_name(name, found.kind), data)
    try:
        picture = pictures.clean(data)
    except pictures.BadPicture as error:
        raise _refused(f"{_shown(name)}: {error}") from error
    return Prepared(
        PICTURE,
        picture.media_type,
        media.safe_name(name, PICTURE, picture.image_format),
        picture.data,
        picture.thumbnail,
        picture.width,
        picture.height,
    )


def _refused(message: str) -> Invalid:
    return Invalid({FIELD: [message]})


def _shown(name: str) -> str:
    return visible_line(name)[:60] or _("The file")


def attach(prepared: Prepared, *, by: User, alt: str = "") -> Attachment:
    """Store a file for a post that `by` writes; until the post is saved, only `by` sees it.

    The same file again, before it is in a post, is the same attachment. Raises Forbidden when `by` may attach
    nothing, and Invalid over the daily limit or when there is no space.
    """
    require(policy.can_attach(by), policy.why_not(by))
    lock_key(f"attach:{by.id}")
    digest = digest_of(prepared.data)
    if (earlier := queries.own_unattached(by, digest)) is not None:
        earlier.alt = _alt(alt) or earlier.alt
        return earlier
    _check_daily_limit(by, len(prepared.data))
    return store(prepared, author_id=by.id, alt=alt)


def _check_daily_limit(by: User, size: int) -> None:
    limit = policy.daily_limit(by)
    files, used = queries.attached_since(by, utcnow() - DAY)
    if files >= limit.files or used + size > limit.size:
        raise _refused(
            _(
                "You can attach %(n)s files and %(m)s MB a day. Try again tomorrow, or attach less.",
                n=limit.files,
                m=limit.size // 1_000_000,
            )
        )


def store(
    prepared: Prepared,
    *,
    author_id: int | None,
    alt: str = "",
    post_id: int | None = None,
    source_digest: str | None = None,
) -> Attachment:
    """Store a file without limits, for imports. Raises Invalid when it cannot be stored."""
    try:
        digest = current_store().put(prepared.data)
        thumbnail = current_store().put(prepared.thumbnail) if prepared.thumbnail else None
    except OSError as error:
        raise _refused(_("The file could not be stored. Try again later; your text is not lost.")) from error
    made = Attachment(
        key=secrets.token_urlsafe(12),
        kind=prepared.kind,
        media_type=prepared.media_type,
        name=prepared.name,
        alt=_alt(alt),
        size=len(prepared.data),
        width=prepared.width,
        height=prepared.height,
        digest=digest,
        source_digest=source_digest,
        thumbnail_digest=thumbnail,
        author_id=author_id,
        post_id=post_id,
    )
    db.session.add(made)
    db.session.flush()
    return made


def _alt(text: str) -> str:
    return visible_line(text)[:MAX_ALT_CHARACTERS].strip()


def path_of(attachment: Attachment) -> str:
    """The path of the file."""
    return path_to("attachments.attachment", key=attachment.key, name=attachment.name)


def markdown_of(attachment: Attachment) -> str:
    """What shows the attachment in a text: a picture with its description, or a link."""
    if attachment.kind == PICTURE:
        alt = attachment.alt or attachment.name.rpartition(".")[0]
        return f"![{_escaped(alt)}]({path_of(attachment)})"
    path = path_of(attachment)
    if attachment.kind == TEXT:
        path = path_to("attachments.text_lines", key=attachment.key, name=attachment.name)
    return f"[{_escaped(attachment.name)}]({path})"


def _escaped(text: str) -> str:
    return "".join(f"\\{c}" if c in "\\[]`*_<>!" else c for c in text)


def claim(post: Post) -> None:
    """Give the post the attachments that its text shows, if no post has them; set its picture for lists.

    Call it when the text is stored. An attachment stays with its first post: who copies its address into
    another text shows it to those readers who may see the first post.
    """
    keys = possible_pictures(post.body_html, MAX_KEYS)
    if not keys:
        post.picture_key = None
        return
    changed_rows(
        update(Attachment)
        .where(Attachment.key.in_(keys), Attachment.post_id.is_(None))
        .values(post_id=post.id)
    )
    own = set(
        db.session.scalars(
            select(Attachment.key).where(
                Attachment.key.in_(keys), Attachment.kind == PICTURE, Attachment.post_id == post.id
            )
        )
    )
    post.picture_key = next((key for key in keys if key in own), None)


def claim_for(post: Post, body_html: str) -> None:
    """Give the post the attachments that a suggested text shows, so that those who decide see them."""
    if keys := possible_pictures(body_html, MAX_KEYS):
        changed_rows(
            update(Attachment)
            .where(Attachment.key.in_(keys), Attachment.post_id.is_(None))
            .values(post_id=post.id)
        )


def erase(post: Post, author_id: int) -> None:
    """Delete what a member attached to a post; the task deletes the bytes that nothing refers to."""
    db.session.execute(
        delete(Attachment).where(Attachment.post_id == post.id, Attachment.author_id == author_id)
    )
    post.picture_key = None


def erase_unattached(user: User) -> None:
    """Delete what a member sent and no post shows; the rest stays without a name."""
    own = Attachment.author_id == user.id
    db.session.execute(delete(Attachment).where(own, Attachment.post_id.is_(None)))
    db.session.execute(update(Attachment).where(own).values(author_id=None))
