"""Who may use which route: the table behind test_access.py. A route that is not in it fails the test.

Levels, each including those to its right where a person can be both:
all · members (anyone logged in) · author (of the thing, and moderators) · asker (its author alone) ·
earned (reputation or a role) · moderators · admins · link (a mailed secret: nothing without it) ·
own (a row of one's own settings: nothing at another's number).
"""

ROLES = ("visitor", "stranger", "author", "moderator", "admin")
ALLOWED = {
    "all": set(ROLES), "members": set(ROLES[1:]), "author": {"author", "moderator", "admin"},
    "asker": {"author"}, "earned": {"moderator", "admin"}, "moderators": {"moderator", "admin"},
    "admins": {"admin"}, "link": set(), "own": set(),
}
# endpoint: level of GET and of writing alike, or (level of GET, level of writing)
ACCESS = {
    "static": "all",
    "api-docs.openapi_json": "all",
    "api_docs.docs": "all",
    "Articles.list_articles": "all", "Articles.get_article": "all",
    **{f"Articles.{verb}_article": "moderators" for verb in ("write", "edit", "publish", "unpublish",
                                                             "verify")},
    "Articles.say_helpful": "members",
    "Moderation.flag_post": "earned", "Moderation.list_decisions": "all",
    "Moderation.list_flags": "members",
    **{f"Posts.{verb}": "all" for verb in ("get_post", "get_revision", "get_tag", "list_comments",
                                           "list_posts_of", "list_revisions", "list_tags")},
    "Posts.get_vote": "members", "Posts.vote_on_post": "earned", "Posts.comment_on_post": "author",
    "Posts.edit_comment": "author", "Posts.delete_post": "moderators", "Posts.undelete_post": "link",
    "Posts.restore_revision": "author", "Posts.redact_revision": "moderators",
    **{f"Questions.{verb}": "all" for verb in ("get_answer", "get_question", "list_answers",
                                               "list_questions")},
    "Questions.ask_question": "members", "Questions.answer_question": "members",
    "Questions.edit_question": "author", "Questions.edit_answer": "author",
    "Questions.accept_answer": "asker", "Questions.unaccept_answer": "asker",
    "Questions.close_question": "moderators", "Questions.reopen_question": "moderators",
    "Search.search": "all",
    "Users.get_me": "members", "Users.get_user": "all", "Users.list_users": "all",
    "Users.list_reputation": "all",
    "auth.register": "all", "auth.login": "all", "auth.forgot": "all", "auth.logout": "members",
    "auth.confirm": "link", "auth.new_password": "link",
    "auth.users": "all", "auth.profile": "all", "auth.attach_email": "link",
    "auth.settings": "members", "auth.settings_profile": "members", "auth.settings_password": "members",
    "auth.settings_email": "members", "auth.settings_sessions": "members",
    "auth.settings_tokens": "members", "auth.close_session": "own", "auth.revoke_token": "members",
    "forum.questions": "all", "forum.similar_questions": "all",
    "forum.question": ("all", "members"), "forum.question_by_id": "all", "forum.ask": "members",
    "forum.tags": "all", "forum.tag": "all",
    "forum.edit_question": "author", "forum.edit_answer": "author",
    "forum.accept": "asker", "forum.unaccept": "asker",
    "forum.close": "moderators", "forum.reopen": "moderators",
    "forum_feeds.answers": "all", "forum_feeds.questions": "all", "forum_feeds.tag": "all",
    "post_feeds.user": "all",
    "front.home": "all", "front.help_page": "all", "front.theme": "all", "front.sitemap": "all",
    "front.robots": "all", "front.security_txt": "all", "front.opensearch": "all",
    "front.healthz": "all", "front.readyz": "all", "front.admin": "admins",
    "kb.articles": "all", "kb.layer": "all", "kb.article": "all", "kb.article_by_id": "all",
    "kb.history": "all", "kb.print_view": "all", "kb.markdown": "all",
    "kb_feeds.articles": "all", "kb_feeds.layer": "all", "kb.feedback": "members",
    "kb.new": "moderators", "kb.edit": "moderators", "kb.publish": "moderators",
    "kb.unpublish": "moderators", "kb.verify": "moderators",
    "moderation.log": "all", "moderation_feeds.log": "all", "moderation.my_flags": "members",
    "moderation.flag": "earned", "moderation.queue": "moderators", "moderation.suspend": "moderators",
    "moderation.lift": "moderators",
    **{f"moderation.{verb}": "moderators" for verb in ("approve", "claim", "hide", "keep", "lock",
                                                       "reject", "restore", "unlock")},
    "posts.post": "all", "posts.history": "all", "posts.revision": "all", "posts.preview": "members",
    "posts.comment": "author", "posts.edit_comment": "author", "posts.delete": "moderators",
    "posts.undelete": "link", "posts.vote": "earned", "posts.restore": "author",
    "posts.redact": "moderators",
    "search.search": "all", "search.suggest": "all",
}
# arguments that differ from the world's public ones
ARGUMENTS = dict.fromkeys(("posts.edit_comment", "Posts.edit_comment"), {"post_id": "comment_id"})
# what to send where an empty body would be refused for its shape before anybody asks who sends it
TEXT = "A text in a test that is long enough for every form of the site."
BODIES = {
    "posts.vote": {"value": "1"}, "Posts.vote_on_post": {"value": 1},
    "kb.feedback": {"helpful": "1"}, "Articles.say_helpful": {"helpful": True},
    "moderation.flag": {"reason": "other"}, "Moderation.flag_post": {"reason": "other"},
    "auth.attach_email": {"email": "nobody@example.org"},
    "Articles.write_article": {"title": "An article in a test", "body": TEXT, "layer": "host"},
    "Articles.edit_article": {"body": TEXT}, "Posts.comment_on_post": {"body": TEXT},
    "Posts.edit_comment": {"body": TEXT}, "Questions.edit_answer": {"body": TEXT},
    "Questions.edit_question": {"body": TEXT}, "Questions.answer_question": {"body": TEXT},
    "Questions.ask_question": {"title": "A question that is asked in a test?", "body": TEXT,
                               "tags": ["printing"]},
    "Questions.close_question": {"reason": "opinion"},
}


def level(endpoint: str, method: str) -> str:
    """The level a route takes for a method; KeyError when it is not in the table."""
    entry = ACCESS[endpoint]
    if isinstance(entry, str):
        return entry
    return entry[0] if method == "GET" else entry[1]
