"""Every page of the site, filled with imported data, in both themes and widths: no axe finding, one
heading, nothing wider than the screen, and all of it there without JavaScript."""

import os

import pytest
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from alerts import actions, queries
from app import create_app
from auth import actions as accounts
from auth import links as account_links
from auth.address_changes import actions as address_actions
from auth.models import ApiToken, User
from auth.unsent import actions as unsent
from bulletins.models import AffectedProduct, Bulletin, Mitigation
from bulletins.sources import actions as sources
from bulletins.uploads import actions as imports
from bulletins.verdicts import queries as verdicts
from bulletins.vulnerability_models import BulletinVulnerability, Vulnerability
from core.database import schema
from core.database.db import db
from core.database.models import OutgoingMail
from core.jobs import events
from core.mail import signed_links
from core.markup.markup import render
from core.web.sent_forms import SentForm
from demo import loader
from deployment.models import DeploymentReport
from forum.models import Answer, Question
from inventory import actions as owned_actions
from inventory.formats.component import Component
from inventory.uploads import actions as upload_actions
from inventory.versions import actions as installed
from kb.models import Article
from moderation import actions as moderation
from notifications import actions as notify_actions
from notifications.models import Notification
from posts.attachments import actions as attachments
from posts.models import Comment
from posts.suggestions import actions as suggestions
from products import actions as product_actions
from products import queries as products
from tests import browsing
from tests.access import ACCESS, level
from tests.conftest import DATA
from tests.test_access import ROUTES

pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.skipif(browsing.CHROMIUM is None, reason="no Chromium on this machine"),
]
MODES = {"light-1280": ("light", 1280), "dark-375": ("dark", 375)}
NOT_PAGES = (
    "/metrics",
    "<key>/<name>",
    "/thumbnails/<key>",
    ".<algorithm>",
    ".atom",
    ".xml",
    ".txt",
    ".ics",
    ".json",
    ".md",
    ".csv",
    "z",
)
PAGES = sorted(
    {
        rule.rule
        for rule, method in ROUTES
        if method == "GET"
        and rule.endpoint != "static"
        and not rule.rule.startswith("/api/v1")
        and not rule.rule.endswith(NOT_PAGES)
        and level(rule.endpoint, "GET") != "proposer"
    }
)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The demo community and, where they are, the real dumps; served, with everything to moderate."""
    app = create_app(
        REDOUBT_INSTANCE=tmp_path_factory.mktemp("axe"), REDOUBT_WORKER="off", REDOUBT_RATE_LIMITS="off"
    )
    with app.app_context():
        schema.ensure()
        loader.load()
        db.session.commit()
        if DATA.exists():
            for what, folder in {
                "stackexchange": "stackexchange-cardano",
                "articles": "owasp-cheatsheets",
            }.items():
                done = app.test_cli_runner().invoke(args=["import", what, str(DATA / folder)])
                assert done.exit_code == 0, done.output
        events.drain()
        app.extensions["pages"] = fill()
    with browsing.served(app) as address:
        yield app, address


def fill() -> dict:
    """Arguments of the routes: the things with most to show. Also something for each queue."""
    admin = db.session.scalar(select(User).where(User.role == "administrator"))
    moderator = db.session.scalar(select(User).where(User.role == "moderator"))
    question = db.session.scalar(
        select(Question).where(Question.accepted).order_by(Question.answer_count.desc()).limit(1)
    )
    answer = db.session.scalar(select(Answer).where(Answer.parent_id == question.id).limit(1))
    comment = db.session.scalar(select(Comment).where(Comment.is_public).limit(1))
    article = db.session.scalar(select(Article).where(Article.is_public).order_by(Article.id.desc()).limit(1))
    member = db.session.scalar(select(User).where(User.role == "member").order_by(User.reputation.desc()))
    proposal = suggestions.propose(
        question,
        render(f"{question.body}\n\nOne step more."),
        by=member,
        title=question.title,
        tags=sorted(tag.name for tag in question.tags),
        base_number=question.revision_count,
        summary="A step was missing",
    )
    log = attachments.store(attachments.prepare(b"line 1\nline 2\n", "setup.log"), author_id=admin.id)
    log.post_id = question.id
    moderation.flag(answer, "other", by=moderator, note="To be looked at " + "verylongword" * 12)
    windows = products.full("windows")
    product_actions.edit(windows.releases[0], {"latest": "10.0.1"}, by=moderator)
    product_actions.apply_import(windows.releases[0], {"latest": "10.0.2"}, source="elsewhere")
    owned_actions.add_products(admin, [(windows, windows.releases[0]), (windows, None)])
    inventory = owned_actions.default_inventory(admin)
    table = upload_actions.packed(b"What,How new\nWindows,10\n")
    upload = upload_actions.receive(inventory, admin, table, file_name="list.csv", ask_columns=True)
    shielded = db.session.scalar(select(Mitigation).where(Mitigation.is_confirmed))
    bulletin = db.session.get(Bulletin, shielded.bulletin_id)
    named = db.session.scalar(
        select(AffectedProduct)
        .where(AffectedProduct.bulletin_id == bulletin.id, AffectedProduct.product_id.is_not(None))
        .options(joinedload(AffectedProduct.product))
    )
    owned_actions.add_products(admin, [(named.product, None)])
    installed.store_components(inventory, [((named.product_id, None), [Component(named.name, "", "1.0")])])
    version_id = verdicts.findings(bulletin, admin)[0].version.id
    source = sources.add("kev", "Catalogue", "https://example.com/kev.json", 6, is_on=False, by=admin)
    document = imports.store("advisory.json", b"{}", by=admin)
    report_id = db.session.scalar(select(DeploymentReport.id).where(DeploymentReport.note != ""))
    tokens = {purpose: _link(member, purpose) for purpose in ("confirm", "reset", "claim")}
    tokens |= _alert_links(admin)
    tokens["/secure/<token>"] = account_links.issue(member.id, account_links.SECURE, member.email)
    address_actions.request_change(member, "another@example.org")
    tokens["/secure/address/<token>"] = (
        db.session.scalar(
            select(OutgoingMail.body)
            .where(OutgoingMail.recipient == member.email)
            .order_by(OutgoingMail.id.desc())
            .limit(1)
        )
        .split("/secure/address/")[1]
        .split()[0]
    )
    tokens["/unsent/<token>"] = unsent.store(
        SentForm("/questions/ask", [("body", "Words " * 90)], [], []), admin.id
    )
    accounts.make_token(admin, "backup", "read")
    token_id = db.session.scalar(select(ApiToken.id).where(ApiToken.user_id == admin.id))
    cookie = accounts.open_session(admin)
    db.session.commit()
    return {
        "key": log.key,
        "attachment_name": log.name,
        "question_id": question.id,
        "slug": question.slug,
        "answer_id": answer.id,
        "cookie": cookie,
        "post_id": question.id,
        "comment_id": comment.id,
        "article_id": article.id,
        "article_slug": article.slug,
        "number": 1,
        "username": member.username,
        "product_slug": "windows",
        "release_id": windows.releases[0].id,
        "reference": bulletin.reference,
        "vulnerability": db.session.scalar(
            select(Vulnerability.cve)
            .join(BulletinVulnerability, BulletinVulnerability.vulnerability_id == Vulnerability.id)
            .join(Bulletin, Bulletin.id == BulletinVulnerability.bulletin_id)
            .where(Bulletin.is_public)
            .limit(1)
        ),
        "mitigation_id": shielded.id,
        "month": bulletin.release_month,
        "report_id": report_id,
        "inventory_id": inventory.id,
        "upload_id": upload.id,
        "import_id": document.id,
        "source_id": source.id,
        "version_id": version_id,
        "identifier": bulletin.reference,
        "token_id": token_id,
        "suggestion_id": proposal.id,
        "name": question.tags[0].name,
        "layer": "host",
        "links": tokens,
    }


def _link(user, purpose):
    user.email = user.email or "somebody@example.org"
    accounts.send_link(user, purpose, purpose, "A link")
    db.session.flush()
    body = db.session.scalar(
        select(db.metadata.tables["outgoing_mail"].c.body)
        .order_by(db.metadata.tables["outgoing_mail"].c.id.desc())
        .limit(1)
    )
    return body.split(f"/{purpose}/")[1].split()[0]


def _alert_links(admin) -> dict:
    """Links of mails, by rule; the administrator also watches something and is notified of something."""
    actions.sign_up(
        "somebody.else@example.org",
        {"scope": "chosen", "products": ["windows"], "minimum": "low", "cadence": "daily"},
    )
    handle = queries.by_address("somebody.else@example.org").handle
    question = db.session.scalar(select(Question).where(Question.is_public).limit(1))
    notify_actions.watch(admin, question, True)
    db.session.add(
        Notification(
            user_id=admin.id,
            cause="test",
            kind="tag",
            event="question.created",
            post_id=question.id,
            actor_id=question.author_id,
        )
    )
    return {
        "/alerts/confirm/<token>": signed_links.token(signed_links.CONFIRM, handle),
        "/alerts/manage/<token>": signed_links.token(signed_links.MANAGE, handle),
        "/alerts/unsubscribe/<token>": signed_links.token(signed_links.STOP, handle),
        "/inbox/unsubscribe/<token>": signed_links.token(signed_links.MUTE, admin.id, "answer"),
    }


def path_of(rule: str, values: dict) -> str:
    """The address of a rule, filled."""
    first = rule.strip("/").split("/")[0]
    values = dict(values, token=values["links"].get(rule) or values["links"].get(first, ""))
    if first == "articles":
        values["slug"] = values["article_slug"]
    if first == "products":
        values["slug"] = values["product_slug"]
    if first == "bulletins":
        values["upload_id"] = values["import_id"]
    if first == "attachments":
        values["name"] = values["attachment_name"]
    if first == "comments":
        values["post_id"] = values["comment_id"]
    path = rule
    for name, value in values.items():
        for form in (f"<int:{name}>", f"<{name}>", f"<path:{name}>"):
            path = path.replace(form, str(value))
    assert "<" not in path, f"{rule}: give its arguments a value in tests/test_axe.py"
    return path


@pytest.fixture(scope="module")
def contexts(site):
    """Open browser contexts by mode and by who reads: a visitor, and an administrator."""
    app, address = site
    with browsing.chromium() as browser:
        made = {}
        for mode, (scheme, width) in MODES.items():
            for who in ("visitor", "admin"):
                for script in (True, False) if scheme == "light" else (True,):  # once without JavaScript
                    context = browser.new_context(
                        color_scheme=scheme,
                        java_script_enabled=script,
                        viewport={"width": width, "height": 900},
                    )
                    if who == "admin":
                        context.add_cookies([{"name": "session", "url": address, "value": signed(app)}])
                    made[mode, who, script] = context.new_page()
        yield made


def signed(app) -> str:
    """The session cookie of the administrator."""
    serializer = app.session_interface.get_signing_serializer(app)
    return serializer.dumps({"_user_id": app.extensions["pages"]["cookie"], "_fresh": True})


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "rule",
    [
        *PAGES,
        "/no-such-page",
        "/bulletins/unpatched?past-life=1",
        "/search?q=wallet",
        "/search?q=nothinglikethis",
    ],
)
def test_page_is_in_order(site, contexts, rule, mode):
    app, address = site
    path = path_of(rule, app.extensions["pages"])
    endpoint = next((r.endpoint for r, _ in ROUTES if r.rule == rule), None)
    entry = ACCESS.get(endpoint, "all")
    public = (entry if isinstance(entry, str) else entry[0]) in ("all", "link")
    for who in ("visitor", "admin") if public else ("admin",):
        page = contexts[mode, who, True]
        answer = page.goto(address + path)
        if "text/html" not in answer.headers["content-type"] or answer.request.redirected_from:
            pytest.skip("not a page, or one that is looked at under its own address")
        assert answer.status == (404 if rule == "/no-such-page" else 200), (who, path, answer.status)
        assert page.locator("h1").count() == 1
        assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"], who
        assert not (found := browsing.findings(page)), (who, path, found)
        if shot := os.environ.get("REDOUBT_TEST_SHOTS"):
            page.screenshot(path=f"{shot}/{endpoint or 'other'}-{who}-{mode}.png")
        if (mode, who, False) not in contexts:
            continue
        plain = contexts[mode, who, False]
        plain.goto(address + path)
        assert plain.locator("h1").inner_text() == page.locator("h1").inner_text()
        assert plain.locator("form:not(:has(button, input[type=submit]))").count() == 0
