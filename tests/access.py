"""Who may use which route: the table behind test_access.py. A route that is not in it fails the test.

Levels, each including those to its right where a person can be both:
all · members (anyone logged in) · author (of the thing, and moderators) · asker (its author alone) ·
proposer (who may not edit it directly) ·
earned (reputation or a role) · moderators · admins · link (a mailed secret: nothing without it) ·
own (a row of one's own settings: nothing at another's number).
"""

TEXT = "A text that is long enough to be one of anything in a test."
# who may less than their role or reputation says
RESTRICTED = ("unconfirmed", "suspended member", "suspended moderator")
ROLES = ("visitor", "outsider", "author", "moderator", "admin")
ALLOWED = {
    "all": set(ROLES),
    "members": set(ROLES[1:]),
    "author": {"author", "moderator", "admin"},
    "asker": {"author"},
    "proposer": {"outsider"},
    "earned": {"moderator", "admin"},
    "moderators": {"moderator", "admin"},
    "admins": {"admin"},
    "link": set(),
    "own": set(),
}
# endpoint: level of GET and of writing alike, or (level of GET, level of writing)
ACCESS = {
    "static": "all",
    "api-docs.openapi_json": "all",
    "api_docs.docs": "all",
    "api_articles.list_articles": "all",
    "api_articles.get_article": "all",
    **{
        f"api_articles.{verb}_article": "moderators"
        for verb in ("write", "edit", "publish", "unpublish", "verify")
    },
    "api_articles.say_helpful": "members",
    "api_moderation.flag_post": "earned",
    "api_moderation.appeal_for_post": "link",
    "api_moderation.list_flags": "members",
    "api_moderation.list_decisions": "all",
    "api_posts.get_post": "all",
    "api_posts.delete_post": "moderators",
    "api_posts.undelete_post": "link",
    "api_posts.get_vote": "members",
    "api_posts.vote_on_post": "earned",
    "api_posts.list_comments": "all",
    "attachments.upload": "members",
    "attachments.attachment": "all",
    "attachments.thumbnail": "all",
    "attachments.text_lines": "all",
    "api_posts.attach_file": "members",
    "api_posts.get_attachment": "all",
    "api_posts.comment_on_post": "author",
    "api_posts.edit_comment": "author",
    "api_posts.list_revisions": "all",
    "api_posts.get_revision": "all",
    "api_posts.restore_revision": "author",
    "api_posts.redact_revision": "moderators",
    "api_posts.describe_tag": "earned",
    "api_posts.list_tags": "all",
    "api_posts.get_tag": "all",
    "api_posts.list_posts_of": "all",
    "api_questions.list_questions": "all",
    "api_questions.get_question": "all",
    "api_questions.ask_question": "members",
    "api_questions.edit_question": "author",
    "api_questions.close_question": "moderators",
    "api_questions.reopen_question": "moderators",
    "api_questions.list_answers": "all",
    "api_questions.get_answer": "all",
    "api_questions.answer_question": "members",
    "api_questions.edit_answer": "author",
    "api_questions.accept_answer": "asker",
    "api_questions.unaccept_answer": "asker",
    "api_search.search": "all",
    "api_users.list_users": "all",
    "api_users.get_user": "all",
    "api_users.get_me": "members",
    "api_users.list_reputation": "all",
    "auth.register": "all",
    "auth.login": "all",
    "auth.forgot": "all",
    "auth.logout": "members",
    "auth.confirm": "link",
    "auth.new_password": "link",
    "auth.users": "all",
    "auth.profile": "all",
    "auth.attach_email": "link",
    "auth.erase_me": "members",
    "auth.download_data": "members",
    "auth.erase_user": "admins",
    "auth.secure": "link",
    "auth.take_back_address": "link",
    "auth.secure_user": "admins",
    "auth.prove_password": "members",
    "auth.cancel_address_change": "members",
    "auth.settings": "members",
    "auth.settings_profile": "members",
    "auth.settings_password": "members",
    "auth.settings_email": "members",
    "auth.settings_sessions": "members",
    "auth.settings_security": "members",
    "auth.security_log": "admins",
    "auth.settings_tokens": "members",
    "auth.close_session": "own",
    "auth.revoke_token": "members",
    "unsent.unsent": "own",
    "forum.questions": "all",
    "forum.similar_questions": "all",
    "forum.question": ("all", "members"),
    "forum.question_by_id": "all",
    "forum.ask": "members",
    "forum.tags": "all",
    "forum.tag": "all",
    "forum_feeds.questions": "all",
    "forum_feeds.tag": "all",
    "forum_feeds.answers": "all",
    "forum.suggest_tags": "all",
    "forum.edit_tag": "earned",
    "forum.make_tag": "earned",
    "forum.tag_history": "all",
    "forum.restore_tag": "earned",
    "forum.edit_question": "author",
    "forum.edit_answer": "author",
    "forum.accept": "asker",
    "forum.unaccept": "asker",
    "forum.close": "moderators",
    "forum.reopen": "moderators",
    "home.identifier": "all",
    "home.home": "all",
    "home.help_page": "all",
    "home.theme": "all",
    "home.sitemap": "all",
    "home.sitemap_posts": "all",
    "home.sitemap_pages": "all",
    "home.sitemap_vulnerabilities": "all",
    "home.robots": "all",
    "home.security_txt": "all",
    "home.opensearch": "all",
    "home.healthz": "all",
    "home.readyz": "all",
    "admin.admin": "admins",
    "admin.styleguide": "admins",
    "api_status.get_status": "admins",
    **{f"sources.{page}": "admins" for page in ("sources", "source", "switch", "run", "trust", "remove")},
    **{f"api_sources.{verb}_source": "admins" for verb in ("add", "get", "switch", "run", "trust", "remove")},
    "api_sources.list_sources": "admins",
    "uploads.uploads": "moderators",
    "api_imports.upload_file": "moderators",
    **{f"uploads.{verb}": "own" for verb in ("upload", "confirm", "discard")},
    **{f"api_imports.{verb}": "own" for verb in ("get_import", "confirm_upload", "discard_upload")},
    "scrape.metrics_page": "link",
    "kb.articles": "all",
    "kb.layer": "all",
    "kb.article": "all",
    "kb.article_by_id": "all",
    "kb.history": "all",
    "kb.print_view": "all",
    "kb.markdown": "all",
    "kb_feeds.articles": "all",
    "kb_feeds.layer": "all",
    "kb.feedback": "members",
    "kb.new": "moderators",
    "kb.edit": "moderators",
    "kb.publish": "moderators",
    "kb.unpublish": "moderators",
    "kb.verify": "moderators",
    "moderation.log": "all",
    "moderation_feeds.log": "all",
    "moderation.my_flags": "members",
    "moderation.flag": "earned",
    "moderation.queue": "moderators",
    "moderation.suspend": "moderators",
    "moderation.lift": "moderators",
    "moderation.appeal": "link",
    "moderation.approve_appeal": "moderators",
    "moderation.refuse_appeal": "moderators",
    "kb.feedback_list": "moderators",
    "kb.read_feedback": "moderators",
    **{
        f"moderation.{verb}": "moderators"
        for verb in ("approve", "claim", "hide", "keep", "lock", "reject", "restore", "unlock")
    },
    "post_feeds.user": "all",
    "posts.post": "all",
    "posts.history": "all",
    "posts.revision": "all",
    "posts.preview": "members",
    "posts.comment": "author",
    "posts.edit_comment": "author",
    "posts.delete": "moderators",
    "posts.undelete": "link",
    "posts.vote": "earned",
    "posts.restore": "author",
    "posts.redact": "moderators",
    "posts.suggest": "proposer",
    "posts.withdraw": "proposer",
    "posts.suggestion": "members",
    "posts.approve": "author",
    "posts.improve": "author",
    "posts.reject": "author",
    "posts.review": "earned",
    "posts.my_edits": "members",
    "search.search": "all",
    "search.suggest": "all",
    **{
        f"products.{page}": "all"
        for page in (
            "products",
            "export_products",
            "suggest",
            "product",
            "history",
            "lifecycle",
            "export_lifecycle",
        )
    },
    **{
        f"products_feeds.{feed}": "all"
        for feed in ("products", "lifecycle", "lifecycle_calendar", "product_calendar")
    },
    "inventory.my_calendar": "link",
    **{
        f"products.{verb}": "moderators"
        for verb in (
            "new_product",
            "edit_product",
            "new_release",
            "edit_release",
            "remove_product",
            "remove_release",
            "undo",
            "conflicts",
            "decide",
        )
    },
    **{
        f"inventory.{verb}": "members"
        for verb in ("mine", "export_mine", "add", "upload_sbom", "keep_sbom", "unmatched", "renew_calendar")
    },
    **{f"inventory.{page}": "members" for page in ("inventories",)},
    **{
        f"inventory.{page}": "own"
        for page in (
            "remove",
            "inventory_page",
            "rename_inventory",
            "delete_inventory",
            "invite_member",
            "remove_member",
            "accept_invitation",
            "leave_inventory",
            "use_inventory",
            "upload_page",
            "choose_columns",
            "keep_possible",
            "unmatched_of_upload",
            "discard_upload",
        )
    },
    **{f"api_products.{read}": "all" for read in ("list_products", "get_product", "list_ends")},
    **{
        f"api_products.{verb}": "moderators"
        for verb in ("add_product", "edit_product", "remove_product", "put_release", "remove_release")
    },
    **{
        f"api_inventory.{verb}": "members"
        for verb in (
            "list_mine",
            "add_mine",
            "match_sbom",
            "list_inventories",
            "create_inventory",
            "list_invitations",
        )
    },
    **{
        f"api_inventory.{verb}": "own"
        for verb in (
            "remove_mine",
            "get_inventory",
            "delete_inventory",
            "list_products_of_inventory",
            "rename_inventory",
            "list_members",
            "invite_member",
            "remove_member",
            "put_membership",
            "put_document",
            "get_upload",
        )
    },
    **{
        f"bulletins.{page}": "all"
        for page in ("bulletins", "export_bulletins", "unpatched", "export_unpatched", "bulletin")
    },
    **{
        f"csaf.{file}": "all"
        for file in ("metadata", "index", "changes", "feed", "document", "hash_of", "converted")
    },
    **{
        f"csaf_mirror.{file}": "all"
        for file in ("index", "metadata", "list_of_paths", "changes", "feed", "document", "hash_of")
    },
    "bulletin_feeds.bulletins": "all",
    "bulletin_feeds.unpatched": "all",
    **{
        f"bulletins.{verb}": "moderators"
        for verb in (
            "new",
            "edit",
            "schedule",
            "publish",
            "withdraw",
            "unpublish",
            "follow",
            "new_mitigation",
            "edit_mitigation",
            "remove_mitigation",
            "unconfirmed",
            "corrections",
        )
    },
    "vulnerabilities.vulnerability": "all",
    "api_vulnerabilities.get_vulnerability": "all",
    "bulletins.decide_correction": "link",
    "bulletins.correct": "own",
    "bulletins.report_missing": "members",
    "api_bulletins.list_bulletins": "all",
    "api_bulletins.get_bulletin": "all",
    **{
        f"api_bulletins.{verb}": "moderators"
        for verb in (
            "write_bulletin",
            "edit_bulletin",
            "schedule_bulletin",
            "publish_bulletin",
            "withdraw_bulletin",
            "unpublish_bulletin",
            "add_mitigation",
            "put_mitigation",
            "remove_mitigation",
        )
    },
    **{
        f"notifications.{page}": "members"
        for page in ("inbox", "read_all", "settings", "revive", "watch_post", "watch_tag", "watch_product")
    },
    "alerts.switch_alerts": "members",
    "notifications.mute": "link",
    "notifications.read": "own",
    "alerts.alerts": "all",
    **{f"alerts.{page}": "link" for page in ("confirm_alerts", "manage_alerts", "stop_alerts")},
    **{
        f"api_inbox.{verb}": "members"
        for verb in (
            "list_news",
            "read_all_news",
            "get_choices",
            "choose",
            "list_watches",
            "watch_post",
            "watch_tag",
            "watch_product",
        )
    },
    "api_alerts.get_alerts": "members",
    "api_alerts.switch_alerts": "members",
    "api_inbox.read_news": "own",
    "api_alerts.sign_up_for_alerts": "all",
    **{
        f"deployment.{page}": "all"
        for page in (
            "calendar",
            "export_calendar",
            "month",
            "export_month",
            "month_feed",
            "subscribe",
            "reports",
            "export_reports",
            "report_feed",
            "report",
        )
    },
    **{
        f"deployment.{page}": "members"
        for page in ("plan_page", "plan_table", "plan_text", "plan_calendar", "send_report")
    },
    "deployment.thank": "earned",
    "deployment.remove_report": "author",
    "deployment.restore_report": "moderators",
    **{f"api_calendar.{read}": "all" for read in ("list_months", "get_month", "list_reports", "get_report")},
    "api_calendar.get_plan": "members",
    "api_calendar.send_report": "members",
    "api_calendar.thank_for_report": "earned",
    "api_calendar.remove_report": "author",
    "api_calendar.restore_report": "moderators",
}
# changes something without the token of a form: a choice of colours, or what a link from a mail allows
TOKENLESS = {"home.theme", "notifications.mute", "alerts.stop_alerts"}
# arguments that differ from the world's public ones
ARGUMENTS = {
    "attachments.attachment": {"name": "attachment_name"},
    "attachments.thumbnail": {"key": "picture_key"},
    "attachments.text_lines": {"name": "attachment_name"},
    "csaf.feed": {"name": "feed_name"},
    "csaf.document": {"name": "document_name"},
    "csaf.hash_of": {"name": "document_name"},
    "csaf_mirror.feed": {"name": "feed_name"},
    **{
        f"csaf_mirror.{file}": {"name": "original_name", "year": "original_year"}
        for file in ("document", "hash_of")
    },
    "posts.edit_comment": {"post_id": "comment_id"},
    "api_posts.edit_comment": {"post_id": "comment_id"},
    **{
        endpoint: {"slug": "product"}
        for endpoint in (
            "products.product",
            "products.history",
            "products.edit_product",
            "products.new_release",
            "products.edit_release",
            "products.remove_product",
            "products.remove_release",
            "products.undo",
            "products_feeds.product_calendar",
            "api_products.get_product",
            "api_products.edit_product",
            "api_products.remove_product",
            "api_products.put_release",
            "api_products.remove_release",
            "notifications.watch_product",
            "api_inbox.watch_product",
        )
    },
}
# what to send where an empty body would be refused for its shape before anybody asks who sends it
BODIES = {
    "api_inventory.rename_inventory": {"name": "Branch"},
    "api_inventory.invite_member": {"username": "bob"},
    "api_inventory.put_membership": {"is_used": True},
    "api_articles.write_article": {"title": "An article in a test", "body": TEXT, "layer": "host"},
    "api_articles.say_helpful": {"helpful": True},
    "api_posts.vote_on_post": {"value": 1},
    "api_posts.comment_on_post": {"body": TEXT},
    "api_posts.edit_comment": {"body": TEXT},
    "api_posts.describe_tag": {"excerpt": TEXT},
    "api_questions.ask_question": {"title": "Is this asked in a test?", "body": TEXT, "tags": ["test"]},
    "api_questions.answer_question": {"body": TEXT},
    "api_questions.edit_answer": {"body": TEXT},
    "api_questions.close_question": {"reason": "off-topic"},
    "posts.vote": {"value": "1"},
    "kb.feedback": {"helpful": "1"},
    "kb.verify": {},
    "moderation.flag": {"reason": "other"},
    "api_moderation.flag_post": {"reason": "other"},
    "auth.attach_email": {"email": "nobody@example.org"},
    "inventory.add": {"product": "widget"},
    "api_inventory.add_mine": {"product": "widget"},
    "api_products.add_product": {"slug": "gadget", "name": "Gadget", "category": "app"},
    "api_inventory.match_sbom": {"bomFormat": "CycloneDX"},
    "api_bulletins.write_bulletin": {"title": "A bulletin in a test"},
    **{
        route: {"reason": "It was wrong."}
        for route in ("bulletins.withdraw", "api_bulletins.withdraw_bulletin")
    },
    **{
        route: {"kind": "epss", "url": "https://example.com/epss.csv"}
        for route in ("sources.sources", "api_sources.add_source")
    },
    "api_sources.switch_source": {"is_on": False},
    "api_bulletins.add_mitigation": {"layer": "host", "text": TEXT},
    "api_bulletins.put_mitigation": {"layer": "host", "text": TEXT},
    **{f"notifications.watch_{thing}": {"watch": "true"} for thing in ("post", "tag", "product")},
    **{f"api_inbox.watch_{thing}": {"watch": True} for thing in ("post", "tag", "product")},
    "api_alerts.sign_up_for_alerts": {"email": "somebody@example.org"},
    "moderation.refuse_appeal": {"answer": "It stays removed."},
    **{
        endpoint: {"text": "Please look at it again."}
        for endpoint in ("moderation.appeal", "api_moderation.appeal_for_post")
    },
    "alerts.alerts": {"email": "somebody@example.org"},
    "alerts.switch_alerts": {"on": "true"},
    **{
        f"{blueprint}.send_report": {"ring": "lab", "outcome": "ok"}
        for blueprint in ("deployment", "api_calendar")
    },
    "deployment.thank": {"helpful": "1"},
    "api_calendar.thank_for_report": {"helpful": True},
}


# what a token that may only read may send all the same: it changes nothing
READ_ONLY_POSTS = {"api_inventory.match_sbom"}


def is_closed_to_restricted(endpoint: str, method: str, view) -> bool:
    """Whether a member who is suspended or unconfirmed is refused, whatever their role: wherever something
    is written, but for the few forms that secure or end an account; and where a role or reputation counts."""
    if method == "GET":
        return level(endpoint, method) not in ("all", "members")
    return (
        level(endpoint, method) != "all"
        and not getattr(view, "allow_suspended", False)
        and endpoint not in READ_ONLY_POSTS
    )


def is_closed_to_read_token(endpoint: str, method: str) -> bool:
    """Whether a token of scope `read` of a moderator is refused in the API."""
    return method != "GET" and level(endpoint, method) != "all" and endpoint not in READ_ONLY_POSTS


def level(endpoint: str, method: str) -> str:
    """The level a route takes for a method; KeyError when it is not in the table."""
    entry = ACCESS[endpoint]
    if isinstance(entry, str):
        return entry
    return entry[0] if method == "GET" else entry[1]
