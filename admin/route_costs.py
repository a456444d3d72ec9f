"""The cost class of every route (core/limits/costs.py); larger body limits are in admin/route_bodies.py.

An entry is a class, or (class of reads, class of writes). tests/test_costs.py fails for a route without
entry. FREE is for monitoring; CHEAP for a page or list of fixed size and for short writes; SEARCH for
searches, filters of a large table and feeds; EXPENSIVE for rendering or comparing texts, hashing passwords,
exports and uploads.
"""

from flask import Flask

from admin.route_bodies import BODIES
from core.limits import costs
from core.limits.costs import CHEAP, EXPENSIVE, FREE, SEARCH, Costs

WRITES_TEXT = (CHEAP, EXPENSIVE)  # GET shows a form, POST renders Markdown
COSTS: Costs = {
    "static": FREE,
    "home.healthz": FREE,
    "home.readyz": FREE,
    "scrape.metrics_page": FREE,
    "home.robots": CHEAP,
    "home.security_txt": CHEAP,
    "home.opensearch": CHEAP,
    "home.home": CHEAP,
    "home.help_page": CHEAP,
    "home.theme": CHEAP,
    "home.identifier": CHEAP,
    "admin.admin": SEARCH,
    "admin.styleguide": CHEAP,
    "home.sitemap": SEARCH,
    **{f"home.sitemap_{page}": EXPENSIVE for page in ("posts", "pages", "vulnerabilities")},
    "api_status.get_status": SEARCH,
    **{f"sources.{page}": CHEAP for page in ("sources", "source", "switch", "run", "trust", "remove")},
    **{f"api_sources.{verb}_source": CHEAP for verb in ("add", "get", "switch", "run", "trust", "remove")},
    "api_sources.list_sources": CHEAP,
    "uploads.uploads": (CHEAP, EXPENSIVE),
    "uploads.upload": EXPENSIVE,
    **{f"uploads.{verb}": CHEAP for verb in ("confirm", "discard")},
    "api_imports.upload_file": EXPENSIVE,
    "api_imports.get_import": EXPENSIVE,
    **{f"api_imports.{verb}_upload": CHEAP for verb in ("confirm", "discard")},
    "api-docs.openapi_json": EXPENSIVE,
    "api_docs.docs": EXPENSIVE,
    "auth.login": CHEAP,  # at most 100 an hour of an address come to the password (auth/views.py)
    "auth.register": (CHEAP, EXPENSIVE),
    "auth.forgot": (CHEAP, EXPENSIVE),
    "auth.new_password": (CHEAP, EXPENSIVE),
    "auth.settings_password": (CHEAP, EXPENSIVE),
    "auth.settings_email": (CHEAP, EXPENSIVE),
    "auth.erase_me": (CHEAP, EXPENSIVE),
    "auth.erase_user": (CHEAP, EXPENSIVE),
    "auth.settings_profile": WRITES_TEXT,
    "auth.download_data": EXPENSIVE,
    "unsent.unsent": CHEAP,
    "auth.prove_password": (CHEAP, EXPENSIVE),
    "auth.secure_user": CHEAP,
    "auth.secure": CHEAP,
    "auth.take_back_address": CHEAP,
    "auth.cancel_address_change": CHEAP,
    "auth.logout": CHEAP,
    "auth.confirm": (CHEAP, EXPENSIVE),
    "auth.attach_email": CHEAP,
    "auth.settings": CHEAP,
    "auth.settings_sessions": CHEAP,
    "auth.settings_tokens": CHEAP,
    "auth.close_session": CHEAP,
    "auth.revoke_token": CHEAP,
    "auth.users": CHEAP,
    "auth.profile": CHEAP,
    "auth.settings_security": CHEAP,
    "auth.security_log": SEARCH,
    **{f"api_users.{verb}": CHEAP for verb in ("list_users", "get_user", "get_me", "list_reputation")},
    "search.search": SEARCH,
    "search.suggest": SEARCH,
    "api_search.search": SEARCH,
    **{f"posts.{page}": EXPENSIVE for page in ("preview", "revision", "suggestion")},
    **dict.fromkeys(("attachments.upload", "api_posts.attach_file"), EXPENSIVE),
    **dict.fromkeys(("attachments.attachment", "attachments.thumbnail"), CHEAP),
    "attachments.text_lines": SEARCH,
    **{f"posts.{page}": WRITES_TEXT for page in ("suggest", "comment", "edit_comment")},
    "posts.improve": (EXPENSIVE, EXPENSIVE),
    **{f"posts.{verb}": EXPENSIVE for verb in ("approve", "restore", "redact")},
    **{
        f"posts.{verb}": CHEAP
        for verb in (
            "post",
            "history",
            "delete",
            "undelete",
            "vote",
            "withdraw",
            "reject",
            "review",
            "my_edits",
        )
    },
    "post_feeds.user": SEARCH,
    "api_posts.get_revision": EXPENSIVE,
    "api_posts.comment_on_post": EXPENSIVE,
    "api_posts.edit_comment": EXPENSIVE,
    "api_posts.restore_revision": EXPENSIVE,
    "api_posts.describe_tag": EXPENSIVE,
    "api_posts.redact_revision": EXPENSIVE,
    **{
        f"api_posts.{verb}": CHEAP
        for verb in (
            "get_post",
            "delete_post",
            "undelete_post",
            "get_vote",
            "vote_on_post",
            "list_comments",
            "list_revisions",
            "list_tags",
            "get_tag",
            "list_posts_of",
            "get_attachment",
        )
    },
    **{f"forum.{page}": WRITES_TEXT for page in ("ask", "question", "edit_question", "edit_answer")},
    "forum.edit_tag": WRITES_TEXT,
    "forum.make_tag": CHEAP,
    "forum.tag_history": EXPENSIVE,
    "forum.restore_tag": EXPENSIVE,
    "forum.similar_questions": SEARCH,
    "forum.suggest_tags": SEARCH,
    "forum.tags": CHEAP,
    **{
        f"forum.{verb}": CHEAP
        for verb in ("questions", "question_by_id", "tag", "accept", "unaccept", "close", "reopen")
    },
    **{f"forum_feeds.{feed}": SEARCH for feed in ("questions", "tag", "answers")},
    "api_questions.ask_question": EXPENSIVE,
    "api_questions.edit_question": EXPENSIVE,
    "api_questions.answer_question": EXPENSIVE,
    "api_questions.edit_answer": EXPENSIVE,
    **{
        f"api_questions.{verb}": CHEAP
        for verb in (
            "list_questions",
            "get_question",
            "close_question",
            "reopen_question",
            "list_answers",
            "get_answer",
            "accept_answer",
            "unaccept_answer",
        )
    },
    "kb.new": WRITES_TEXT,
    "kb.edit": WRITES_TEXT,
    "kb.feedback_list": CHEAP,
    "kb.read_feedback": CHEAP,
    **{
        f"kb.{page}": CHEAP
        for page in (
            "articles",
            "layer",
            "article",
            "article_by_id",
            "history",
            "print_view",
            "markdown",
            "feedback",
            "publish",
            "unpublish",
            "verify",
        )
    },
    "kb_feeds.articles": SEARCH,
    "kb_feeds.layer": SEARCH,
    "api_articles.write_article": EXPENSIVE,
    "api_articles.edit_article": EXPENSIVE,
    **{
        f"api_articles.{verb}": CHEAP
        for verb in (
            "list_articles",
            "get_article",
            "publish_article",
            "unpublish_article",
            "verify_article",
            "say_helpful",
        )
    },
    **{f"bulletins.{page}": SEARCH for page in ("bulletins", "unpatched", "unconfirmed", "corrections")},
    "vulnerabilities.vulnerability": SEARCH,
    "api_vulnerabilities.get_vulnerability": SEARCH,
    "bulletins.export_bulletins": EXPENSIVE,
    "bulletins.export_unpatched": EXPENSIVE,
    **{
        f"bulletins.{verb}": WRITES_TEXT
        for verb in ("new", "edit", "withdraw", "new_mitigation", "edit_mitigation")
    },
    **{
        f"bulletins.{verb}": CHEAP
        for verb in ("bulletin", "schedule", "publish", "unpublish", "follow", "remove_mitigation")
    },
    **{f"bulletins.{verb}": EXPENSIVE for verb in ("correct", "report_missing", "decide_correction")},
    "bulletin_feeds.bulletins": SEARCH,
    "bulletin_feeds.unpatched": SEARCH,
    "csaf.metadata": CHEAP,
    **{
        f"csaf.{file}": EXPENSIVE for file in ("index", "changes", "feed", "document", "hash_of", "converted")
    },
    **{
        f"csaf_mirror.{file}": EXPENSIVE
        for file in ("index", "metadata", "list_of_paths", "changes", "feed", "document", "hash_of")
    },
    "api_bulletins.list_bulletins": SEARCH,
    **{
        f"api_bulletins.{verb}": EXPENSIVE
        for verb in (
            "write_bulletin",
            "edit_bulletin",
            "withdraw_bulletin",
            "add_mitigation",
            "put_mitigation",
        )
    },
    **{
        f"api_bulletins.{verb}": CHEAP
        for verb in (
            "get_bulletin",
            "schedule_bulletin",
            "publish_bulletin",
            "unpublish_bulletin",
            "remove_mitigation",
        )
    },
    "products.products": SEARCH,
    "products.suggest": SEARCH,
    "products.lifecycle": SEARCH,
    "inventory.mine": SEARCH,
    "inventory.inventory_page": SEARCH,
    **{
        f"inventory.{verb}": EXPENSIVE
        for verb in (
            "export_mine",
            "upload_sbom",
            "keep_sbom",
            "unmatched",
            "upload_page",
            "choose_columns",
            "keep_possible",
            "unmatched_of_upload",
        )
    },
    **{
        f"inventory.{verb}": CHEAP
        for verb in (
            "add",
            "remove",
            "renew_calendar",
            "inventories",
            "rename_inventory",
            "delete_inventory",
            "invite_member",
            "remove_member",
            "accept_invitation",
            "leave_inventory",
            "use_inventory",
            "discard_upload",
        )
    },
    "products.export_products": EXPENSIVE,
    "products.export_lifecycle": EXPENSIVE,
    **{
        f"products.{verb}": WRITES_TEXT
        for verb in ("new_product", "edit_product", "new_release", "edit_release")
    },
    **{
        f"products.{verb}": CHEAP
        for verb in ("product", "history", "remove_product", "remove_release", "undo", "conflicts", "decide")
    },
    **{f"products_feeds.{feed}": SEARCH for feed in ("products", "lifecycle", "product_calendar")},
    "products_feeds.lifecycle_calendar": EXPENSIVE,
    "inventory.my_calendar": EXPENSIVE,
    **{f"api_products.{read}": SEARCH for read in ("list_products", "list_ends")},
    "api_inventory.match_sbom": EXPENSIVE,
    **{f"api_products.{verb}": EXPENSIVE for verb in ("add_product", "edit_product")},
    **{f"api_inventory.{read}": SEARCH for read in ("list_mine", "list_products_of_inventory")},
    "api_inventory.put_document": EXPENSIVE,
    **{
        f"api_inventory.{verb}": CHEAP
        for verb in (
            "add_mine",
            "remove_mine",
            "list_inventories",
            "create_inventory",
            "get_inventory",
            "delete_inventory",
            "get_upload",
            "list_invitations",
            "rename_inventory",
            "put_membership",
        )
    },
    **{f"api_inventory.{verb}": CHEAP for verb in ("list_members", "invite_member", "remove_member")},
    **{f"api_products.{verb}_product": CHEAP for verb in ("get", "remove")},
    **{f"api_products.{verb}_release": CHEAP for verb in ("put", "remove")},
    "moderation.queue": SEARCH,
    "moderation_feeds.log": SEARCH,
    "api_moderation.appeal_for_post": CHEAP,
    "moderation.appeal": CHEAP,
    "moderation.approve_appeal": CHEAP,
    "moderation.refuse_appeal": CHEAP,
    **{
        f"moderation.{verb}": CHEAP
        for verb in (
            "log",
            "my_flags",
            "flag",
            "suspend",
            "lift",
            "approve",
            "claim",
            "hide",
            "keep",
            "lock",
            "reject",
            "restore",
            "unlock",
        )
    },
    **{f"api_moderation.{verb}": CHEAP for verb in ("flag_post", "list_flags", "list_decisions")},
    "alerts.alerts": (SEARCH, EXPENSIVE),
    "alerts.manage_alerts": (SEARCH, CHEAP),
    **{f"alerts.{page}": CHEAP for page in ("switch_alerts", "confirm_alerts", "stop_alerts")},
    **{
        f"notifications.{page}": CHEAP
        for page in (
            "inbox",
            "read",
            "read_all",
            "settings",
            "revive",
            "watch_post",
            "watch_tag",
            "watch_product",
            "mute",
        )
    },
    "api_alerts.sign_up_for_alerts": EXPENSIVE,
    **{
        f"api_inbox.{verb}": CHEAP
        for verb in (
            "list_news",
            "read_news",
            "read_all_news",
            "get_choices",
            "choose",
            "list_watches",
            "watch_post",
            "watch_tag",
            "watch_product",
        )
    },
    "api_alerts.get_alerts": CHEAP,
    "api_alerts.switch_alerts": CHEAP,
    "deployment.month": SEARCH,
    "deployment.calendar": SEARCH,
    "deployment.reports": CHEAP,
    **{
        f"deployment.{page}": EXPENSIVE
        for page in (
            "export_calendar",
            "export_month",
            "export_reports",
            "plan_page",
            "plan_table",
            "plan_text",
            "plan_calendar",
        )
    },
    **{f"deployment.{feed}": SEARCH for feed in ("month_feed", "subscribe", "report_feed")},
    **{
        f"deployment.{verb}": CHEAP
        for verb in ("report", "send_report", "thank", "remove_report", "restore_report")
    },
    "api_calendar.get_plan": EXPENSIVE,
    "api_calendar.get_month": SEARCH,
    "api_calendar.list_months": SEARCH,
    **{
        f"api_calendar.{verb}": CHEAP
        for verb in (
            "list_reports",
            "get_report",
            "send_report",
            "thank_for_report",
            "remove_report",
            "restore_report",
        )
    },
}


def init_app(app: Flask) -> None:
    """Register the costs of all routes, and the larger body limits."""
    costs.register_costs(COSTS, BODIES)
