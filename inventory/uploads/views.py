"""Pages of uploads: send a file, choose columns, see the progress and the result."""

import re

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import login_required
from werkzeug import Response as BaseResponse

from auth.current_user import me
from core.database.db import db, read_transaction
from core.formats.csv_files import csv_response
from core.limits.rate_limits import limit
from core.web.access import get_or_404, require
from inventory import actions as owned_actions
from inventory import matching
from inventory import queries as owned_queries
from inventory.formats import recognise
from inventory.formats.component import FIELDS, MAX_FILE_BYTES, BadDocument, Document
from inventory.formats.tables import Columns, Head
from inventory.formats.unpack import unpack
from inventory.sharing import policy
from inventory.sharing.views import membership_or_404
from inventory.uploads import actions, queries, results
from inventory.uploads.models import COLUMNS, InventoryUpload
from inventory.views import bp, require_member
from products.inventories.models import Inventory
from products.models import Product, Release

PICK = re.compile(r"(\d{1,9}):(\d{0,9})$")
MAX_SHOWN = 300  # unmatched components on the page
MAX_EXPORTED = 5_000  # unmatched components in the file, when nothing is stored
COLUMN_FIELDS = ("name", "version", "vendor", "purl", "cpe")


def _inventory_to_edit(inventory_id: str) -> Inventory:
    """The inventory of a form, or the default one; stops with 404 or 403."""
    if not inventory_id:
        return owned_actions.default_inventory(require_member())
    membership = membership_or_404(int(inventory_id) if inventory_id.isdecimal() else 0)
    require(policy.can_edit(membership), _("You may read this inventory, not change it."))
    return membership.inventory


def _refused(error: Exception, inventory: Inventory) -> BaseResponse:
    flash(f"{error} {recognise.accepted()}", "danger")
    return redirect(url_for("inventory.inventory_page", inventory_id=inventory.id) + "#file")


@bp.post("/settings/products/sbom")
@login_required
def upload_sbom() -> str | BaseResponse:
    """Read a file and show what it matches; a large one, and a table, is stored and read later."""
    user = require_member()
    upload = request.files.get("sbom")
    inventory = _inventory_to_edit(request.form.get("inventory", ""))
    limit("sbom", user.id, 30, 3600)
    db.session.commit()
    replaces = request.form.get("replaces") == "1"
    raw = upload.read(MAX_FILE_BYTES + 1) if upload else b""
    try:
        files = unpack(raw)
        head = recognise.table_head(files)
        page = None if head else _preview(files, None, inventory, replaces)
    except BadDocument as error:
        return _refused(error, inventory)
    if page is not None:
        return page
    content = actions.packed(raw)
    try:
        stored = actions.receive(
            inventory,
            user,
            content,
            file_name=(upload.filename or "") if upload else "",
            replaces=replaces,
            ask_columns=head is not None,
        )
    except actions.TooManyUploads as error:
        db.session.rollback()
        flash(str(error), "danger")
        return redirect(url_for("inventory.inventory_page", inventory_id=inventory.id))
    db.session.commit()
    return redirect(url_for("inventory.upload_page", upload_id=stored.id))


def _preview(
    files: list[bytes],
    columns: Columns | None,
    inventory: Inventory,
    replaces: bool,
    upload: InventoryUpload | None = None,
) -> str | None:
    """The page that shows what a small document matches; None for one that the worker has to read.

    Matching holds no write lock. Raises BadDocument.
    """
    if not recognise.is_small(files):
        return None
    document = recognise.read_files(files, columns)
    if len(document.components) > recognise.SMALL_COMPONENTS:
        return None
    try:
        with read_transaction():
            result = matching.match(document.components, max_comparisons=matching.MAX_COMPARISONS)
    except matching.TooManyComparisons:
        db.session.rollback()
        return None
    with read_transaction():
        return _preview_page(document, result, inventory, replaces, upload)


def _preview_page(
    document: Document,
    result: matching.Matches,
    inventory: Inventory,
    replaces: bool,
    upload: InventoryUpload | None,
) -> str:
    return render_template(
        "inventory/sbom.html",
        result=result,
        document=document,
        format_name=recognise.FORMATS[document.format],
        total=len(document.components),
        shown=MAX_SHOWN,
        exported=result.unmatched[:MAX_EXPORTED],
        inventory=inventory,
        replaces=replaces,
        upload=upload,
        keys_of=results.keys_of,
    )


def _picks() -> list[tuple[Product, Release | None]]:
    """The products that were ticked and exist."""
    texts = request.form.getlist("pick")
    picks = [match.groups() for text in texts if (match := PICK.match(text))]
    pairs = [(int(product), int(release) if release else None) for product, release in picks]
    return owned_queries.resolve(pairs[: owned_actions.MAX_OWNED + 1])


@bp.post("/settings/products/sbom/keep")
@login_required
def keep_sbom() -> BaseResponse:
    """Add the selected matches, or replace what earlier files brought."""
    require_member()
    inventory = _inventory_to_edit(request.form.get("inventory", ""))
    keys = [(product.id, release.id if release else None) for product, release in _picks()]
    removed = 0
    try:
        if request.form.get("replaces") == "1" and keys:
            added, removed = owned_actions.replace_entries(inventory, keys)
        else:
            added = owned_actions.add_entries(inventory, keys, source=owned_actions.SBOM)
    except owned_actions.ListFull:
        db.session.rollback()
        flash(actions.full_message(), "danger")
        return redirect(url_for("inventory.inventory_page", inventory_id=inventory.id))
    stored = request.form.get("upload", "")
    upload = queries.visible(me(), int(stored)) if stored.isdecimal() and len(stored) < 10 else None
    if upload is not None and upload.status == COLUMNS and upload.inventory_id == inventory.id:
        actions.discard(upload)
    db.session.commit()
    flash(_added_text(added, removed))
    return redirect(url_for("inventory.inventory_page", inventory_id=inventory.id))


def _added_text(added: int, removed: int) -> str:
    text = ngettext("%(num)s entry added to your products.", "%(num)s entries added to your products.", added)
    if removed:
        text += " " + ngettext("%(num)s entry removed.", "%(num)s entries removed.", removed)
    return text


@bp.post("/settings/products/sbom/unmatched.csv")
@login_required
def unmatched() -> Response:
    """The unmatched components as CSV; they come from the page, as nothing is stored."""
    lines = request.form.get("unmatched", "").splitlines()[:MAX_EXPORTED]
    header = ("group", "name", "version", "purl", "cpe")
    return csv_response("unmatched.csv", header, [line.split("\t")[:5] for line in lines])


def _upload_or_404(upload_id: int, *, edits: bool = False) -> InventoryUpload:
    upload = get_or_404(queries.visible(me(), upload_id))
    if edits:
        membership = membership_or_404(upload.inventory_id)
        require(policy.can_edit(membership), _("You may read this inventory, not change it."))
        require_member()
    return upload


def _upload_page(upload: InventoryUpload, message: str = "") -> str:
    result = results.unpack(queries.result_of(upload))
    ids = {each.product_id for each in (*result.sure, *result.possible)}
    releases = {i for each in (*result.sure, *result.possible) for i in each.release_ids}
    head: Head | None = None
    if upload.status == COLUMNS:
        head = recognise.table_head(unpack(actions.unpacked(queries.content_of(upload))))
    return render_template(
        "inventory/upload.html",
        upload=upload,
        inventory=upload.inventory,
        format_name=recognise.FORMATS.get(upload.format, ""),
        accepted=recognise.accepted(),
        result=result,
        products=owned_queries.products_by_id(ids),
        releases=owned_queries.releases_by_id(releases),
        can_edit=policy.can_edit(membership_or_404(upload.inventory_id)),
        shown=MAX_SHOWN,
        head=head,
        fields=COLUMN_FIELDS,
        message=message,
    )


@bp.get("/my/uploads/<int:upload_id>")
@login_required
def upload_page(upload_id: int) -> str:
    """The choice of columns, the progress, or the result of an upload."""
    return _upload_page(_upload_or_404(upload_id))


@bp.post("/my/uploads/<int:upload_id>/columns")
@login_required
def choose_columns(upload_id: int) -> str | BaseResponse | tuple[str, int]:
    """Say which columns of a table are read; a small one is matched at once."""
    upload = _upload_or_404(upload_id, edits=True)
    here = url_for("inventory.upload_page", upload_id=upload_id)
    if upload.status != COLUMNS:
        return redirect(here)
    chosen = {
        field: int(text)
        for field in COLUMN_FIELDS
        if (text := request.form.get(field, "")).isdecimal() and len(text) < 4
    }
    if "name" not in chosen:
        return _upload_page(upload, _("Choose the column with the name of the software.")), 422
    columns = Columns(**chosen)
    raw = actions.unpacked(queries.content_of(upload))
    db.session.commit()
    try:
        page = _preview(unpack(raw), columns, upload.inventory, upload.replaces, upload)
    except BadDocument as error:
        return _upload_page(upload, str(error)), 422
    if page is not None:
        return page
    actions.choose_columns(upload, columns)
    db.session.commit()
    return redirect(here)


@bp.post("/my/uploads/<int:upload_id>/keep")
@login_required
def keep_possible(upload_id: int) -> BaseResponse:
    """Add the possible matches of a result that were ticked."""
    upload = _upload_or_404(upload_id, edits=True)
    try:
        added = owned_actions.add_products(
            me(), _picks(), source=owned_actions.SBOM, inventory=upload.inventory
        )
    except owned_actions.ListFull:
        db.session.rollback()
        flash(actions.full_message(), "danger")
    else:
        db.session.commit()
        flash(_added_text(added, 0))
    return redirect(url_for("inventory.inventory_page", inventory_id=upload.inventory_id))


@bp.get("/my/uploads/<int:upload_id>/unmatched.csv")
@login_required
def unmatched_of_upload(upload_id: int) -> Response:
    """The components of a result that match no product, as CSV."""
    result = results.unpack(queries.result_of(_upload_or_404(upload_id)))
    rows = [[getattr(each, name) for name in FIELDS] for each in result.unmatched]
    return csv_response("unmatched.csv", FIELDS, rows)


@bp.post("/my/uploads/<int:upload_id>/discard")
@login_required
def discard_upload(upload_id: int) -> BaseResponse:
    """Delete an upload and its result; the entries of the inventory stay."""
    upload = _upload_or_404(upload_id, edits=True)
    actions.discard(upload)
    db.session.commit()
    return redirect(url_for("inventory.inventory_page", inventory_id=upload.inventory_id))
