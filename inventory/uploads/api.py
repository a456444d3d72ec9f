"""Documents for an inventory in the API: a nightly job sends what is installed."""

from typing import Any

from flask import request
from flask_babel import gettext as _
from marshmallow import Schema, fields, validate

from auth import tokens
from core.api.api import READ, WRITE, Reply
from core.database.db import db
from core.limits.rate_limits import limit
from core.mail.mail import site_url
from core.web.access import get_or_404, require
from core.web.forms import Invalid
from inventory.api import DOCUMENT_BODY, bp
from inventory.formats import recognise
from inventory.formats.component import BadDocument
from inventory.formats.tables import Columns, Head
from inventory.formats.unpack import unpack
from inventory.sharing import policy
from inventory.sharing.api import membership_or_404
from inventory.uploads import actions, queries
from inventory.uploads.models import InventoryUpload
from products import policy as product_policy

MAX_DOCUMENTS_AN_HOUR = 60


class TableQuery(Schema):
    """Which columns of a table are read, by name; without it those with usual names."""

    name = fields.String(validate=validate.Length(1, 80))
    version = fields.String(validate=validate.Length(1, 80))
    vendor = fields.String(validate=validate.Length(1, 80))


class UploadItem(Reply):
    """A document that was sent: `status` is waiting, running, done, refused or replaced (by a newer one)."""

    id = fields.Integer()
    inventory = fields.Integer()
    status = fields.String(
        validate=validate.OneOf(["columns", "waiting", "running", "done", "refused", "replaced"])
    )
    progress = fields.Integer(metadata={"description": "Percent."})
    format = fields.String(metadata={"description": "Empty until it is read."})
    entries = fields.Integer()
    components = fields.Integer(metadata={"description": "Different names and versions."})
    matched = fields.Integer(metadata={"description": "Components that match a product."})
    added = fields.Integer()
    removed = fields.Integer()
    message = fields.String(metadata={"description": "Why it was refused."})
    created_at = fields.AwareDateTime()
    finished_at = fields.AwareDateTime(allow_none=True)
    url = fields.Url()


def _row(upload: InventoryUpload) -> dict:
    names = ("id", "status", "progress", "format", "entries", "components", "matched", "added", "removed")
    return {
        **{name: getattr(upload, name) for name in (*names, "message", "created_at", "finished_at")},
        "inventory": upload.inventory_id,
        "url": f"{site_url()}/my/uploads/{upload.id}",
    }


@bp.put("/inventories/<int:inventory_id>/document")
@tokens.bearer(WRITE)
@bp.doc(requestBody=DOCUMENT_BODY)
@bp.arguments(TableQuery, location="query")
@bp.response(202, UploadItem)
@bp.alt_response(422, "UNPROCESSABLE_ENTITY")
def put_document(wanted: dict, inventory_id: int) -> dict:
    """Replace what earlier documents brought into an inventory by what this one names.

    The body is the document, packed with gzip or zip if you like: `curl -T installed.json`. It is read in the
    background; until it is done, the inventory stays as it is. Products picked by hand always stay. Sending
    the same document again changes nothing. One that names nothing is refused.
    """
    user = tokens.member()
    require(product_policy.can_own(user))
    membership = membership_or_404(inventory_id)
    require(policy.can_edit(membership))
    limit("inventory-document", user.id, MAX_DOCUMENTS_AN_HOUR, 3600)
    db.session.commit()
    raw = request.get_data()
    try:
        head = recognise.table_head(unpack(raw))
        if not raw.strip():
            raise BadDocument(_("The document is empty."))
    except BadDocument as error:
        raise Invalid({"_": [str(error), recognise.accepted()]}) from error
    columns = _columns(wanted, head) if wanted else None
    content = actions.packed(raw)
    upload = actions.receive(membership.inventory, user, content, replaces=True, columns=columns)
    db.session.commit()
    return _row(upload)


def _columns(wanted: dict[str, str], head: Head | None) -> Columns:
    """The columns with these names. Raises Invalid."""
    if head is None:
        raise Invalid({"name": [_("This document is not a table: leave out the names of columns.")]})
    numbers: dict[str, Any] = {}
    for field, name in wanted.items():
        if name not in head.header:
            there = ", ".join(head.header[:20])
            raise Invalid({field: [_("The table has no such column. It has: %(columns)s", columns=there)]})
        numbers[field] = head.header.index(name)
    if "name" not in numbers:
        if head.proposal is None:
            raise Invalid({"name": [_("Say which column has the name of the software.")]})
        numbers["name"] = head.proposal.name
    return Columns(**numbers)


@bp.get("/inventories/<int:inventory_id>/uploads/<int:upload_id>")
@tokens.bearer(READ)
@bp.response(200, UploadItem)
def get_upload(inventory_id: int, upload_id: int) -> dict:
    """How far a document is, and what came of it."""
    upload = get_or_404(queries.visible(tokens.reader(), upload_id))
    return _row(get_or_404(upload if upload.inventory_id == inventory_id else None))
