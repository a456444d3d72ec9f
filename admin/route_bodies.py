"""The routes with a larger body limit than the site's (core/web/body_limits.py); nginx has the same."""

from core.limits.costs import MAX_BODY_BYTES, UPLOAD_BODY_BYTES
from inventory.formats.component import MAX_FILE_BYTES

INVENTORY_BODY_BYTES = MAX_FILE_BYTES + 100 * 1024  # a file and the form around it
ATTACHING_BODY_BYTES = UPLOAD_BODY_BYTES + MAX_BODY_BYTES  # files of a post, and its text
BODIES = {
    **dict.fromkeys(("attachments.upload", "api_posts.attach_file"), UPLOAD_BODY_BYTES),
    **dict.fromkeys(
        (
            "forum.ask",
            "forum.question",
            "forum.edit_question",
            "forum.edit_answer",
            "kb.new",
            "kb.edit",
            "posts.comment",
            "posts.edit_comment",
        ),
        ATTACHING_BODY_BYTES,
    ),
    # nginx does not distinguish them from the page of a question
    **dict.fromkeys(("forum.close", "forum.reopen"), ATTACHING_BODY_BYTES),
    "inventory.upload_sbom": INVENTORY_BODY_BYTES,
    **dict.fromkeys(
        ("api_inventory.match_sbom", "uploads.uploads", "api_imports.upload_file"), UPLOAD_BODY_BYTES
    ),
    # of an address below /api/v1/inventories/, as nginx has it; only put_document reads a body
    **{
        f"api_inventory.{verb}": INVENTORY_BODY_BYTES
        for verb in (
            "put_document",
            "get_inventory",
            "delete_inventory",
            "list_products_of_inventory",
            "get_upload",
            "rename_inventory",
            "list_members",
            "invite_member",
            "remove_member",
            "put_membership",
        )
    },
}
