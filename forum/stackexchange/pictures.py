"""A pass of an import: pictures whose files lie beside the dump are shown instead of linked to.

Files are found by the name that the address of a picture ends with. A text that has no such address any more,
because it was changed here or the pass has run, stays as it is.
"""

from collections.abc import Iterable
from urllib.parse import urljoin

from sqlalchemy import select

from core.cli import ImportReport
from core.database.db import db, read_transaction
from core.jobs.import_events import ImportEvent
from core.markup import markup
from core.web.forms import Invalid
from forum.stackexchange import posts as converters
from forum.stackexchange.dump import Row
from posts.attachments import actions as attachments
from posts.attachments.import_files import FolderPictures, attach_picture
from posts.bulk_actions import replace_texts
from posts.models import Post

MAX_PICTURES = 200  # of one post


def show(
    rows: Iterable[Row],
    source: str,
    site: str,
    folder: FolderPictures,
    report: ImportReport,
    news: ImportEvent,
) -> None:
    """Store and show the pictures of these rows of Posts. Commits pictures; not the texts."""
    wanted = {
        row["Id"]: urls
        for row in rows
        if row.get("Id") and (urls := [url for url in converters.images(row) if folder.named(url)])
    }
    if not wanted:
        return
    with read_transaction():
        stored = db.session.execute(
            select(Post.external_id, Post.id, Post.body).where(
                Post.imported_from == source, Post.external_id.in_(wanted)
            )
        ).all()
    changes = []
    for key, post_id, body in stored:
        text = body
        for url in wanted[key or ""][:MAX_PICTURES]:
            text = _shown(text, url, site, post_id, folder, report)
        if text != body:
            changes.append((post_id, body, markup.render(text)))
    if changes and replace_texts(changes):
        for post in db.session.scalars(select(Post).where(Post.id.in_([each[0] for each in changes]))):
            attachments.claim(post)
        news.schedule()


def _shown(text: str, url: str, site: str, post_id: int, folder: FolderPictures, report: ImportReport) -> str:
    """The text with the address of a stored picture instead of `url`."""
    path = folder.named(url)
    addresses = {url, urljoin(f"{site}/", url)} if site else {url}
    links = [f"]({address}" for address in addresses if f"]({address}" in text]
    if path is None or not links:
        return text
    try:
        address = attach_picture(path, post_id)
    except (Invalid, OSError) as error:
        report.add_loss("images", path.name, url, error.text if isinstance(error, Invalid) else str(error))
        return text
    for link in links:
        text = text.replace(link, f"]({address}")
    report.added["pictures"] += 1
    return text
