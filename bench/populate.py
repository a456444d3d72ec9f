"""`python -m bench.populate --posts N` fills the empty instance of the settings with a made-up community.

The models insert the rows in bulk, with everything that the packages derive from them. A run that was
stopped continues; after a complete one nothing is added. Run `flask search rebuild` afterwards.
"""

import argparse
import json
import random
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

from flask import current_app
from sqlalchemy import func, insert, select, text, update

from app import create_app
from auth import reputation
from auth.models import ReputationEvent, User
from auth.names import usernames
from bench import documents
from bench.plan import ACTIVE_MEMBERS, BATCH_POSTS, END, RESERVED_IDS, STAFF, Plan
from bench.threads import Slice, Texts
from bench.votes import Votes
from bench.words import Writer, rendered_bodies
from core.cli import progress_callback
from core.database import schema
from core.database.db import Base, db, utcnow
from core.database.models import Event
from core.markup.markup import render
from forum.models import Acceptance, Question
from kb.models import Article, ArticleFeedback
from notifications.models import Notification, Watch
from posts.models import Post, PostLink, PostTag, Revision, Tag, Vote, VoteChange
from posts.tags.actions import recount_tags

ORDER = (
    Post,
    Question,
    Article,
    PostTag,
    Revision,
    PostLink,
    VoteChange,
    Vote,
    Acceptance,
    ReputationEvent,
    ArticleFeedback,
    Watch,
)
INBOX_LINES = 60
NUMBERED = (User, Tag, Post, VoteChange, Acceptance)  # whose numbers are given here, not by the database


def fill(plan: Plan) -> None:
    """Bring the site of the current app to what the plan says. Raises SystemExit when it is another's."""
    note = Path(current_app.config["REDOUBT_INSTANCE"]) / "bench.json"
    if _is_filled(plan, note):
        return
    if db.engine.dialect.name == "sqlite":
        db.session.execute(text("PRAGMA cache_size=-200000"))
    writer = Writer(plan.seed)
    _people(plan, writer)
    documents.fill(plan, writer)
    if missing := _missing(plan):
        texts = _texts(plan, writer)
        with progress_callback(plan.slices, f"{plan.posts:,} posts") as to:
            for number in missing:
                write(Slice(plan, number, texts))
                to(number + 1)
    _finish(plan)
    note.write_text(json.dumps({**asdict(plan), "whole": True}))


def _is_filled(plan: Plan, note: Path) -> bool:
    """Whether all is there; the plan is noted beside the database, which must be empty or of this plan."""
    is_used = db.session.scalar(select(User.id).limit(1)) is not None
    db.session.rollback()
    noted = json.loads(note.read_text()) if is_used and note.exists() else {}
    if is_used and {**noted, "whole": False} != {**asdict(plan), "whole": False}:
        raise SystemExit(f"Here is another community ({noted or 'not made up'}): take an empty instance.")
    if not noted:
        note.write_text(json.dumps({**asdict(plan), "whole": False}))
    return bool(noted.get("whole"))


def _people(plan: Plan, writer: Writer) -> None:
    """Members with their first point, and tags, all at once."""
    if db.session.scalar(select(func.count(User.id))):
        return db.session.rollback()
    rng = random.Random(f"{plan.seed}:people")  # noqa: S311
    joined = [plan.start - timedelta(days=1, minutes=rng.randrange(500_000)) for _ in range(plan.members)]
    _insert(
        User,
        [
            {
                "id": number,
                "username": f"member{number}",
                "username_key": usernames.key(f"member{number}"),
                "display_name": f"{rng.choice(writer.words[300:]).capitalize()} {number}",
                "role": STAFF.get(number, "member"),
                "created_at": at,
                "confirmed_at": at,
            }
            for number, at in enumerate(joined, 1)
        ],
    )
    _insert(
        ReputationEvent,
        [
            {
                "user_id": number,
                "kind": "registered",
                "points": 1,
                "day": at.date(),
                "cause": f"registration:{number}",
                "created_at": at,
            }
            for number, at in enumerate(joined, 1)
        ],
    )
    _insert(
        Tag,
        [
            {"id": number, "name": f"tag-{number}", "excerpt": writer.sentence(12), "created_at": plan.start}
            for number in range(1, plan.tags + 1)
        ],
    )
    db.session.commit()
    return None


def _texts(plan: Plan, writer: Writer) -> Texts:
    """The texts that all slices choose from, rendered as the site renders them."""
    writer.rng = random.Random(f"{plan.seed}:steps")  # noqa: S311
    steps = [render(writer.steps()) for _ in range(plan.steps)]
    return Texts(writer, rendered_bodies(plan.seed, plan.bodies), steps)


def _missing(plan: Plan) -> range:
    """The slices that are not there yet."""
    newest = db.session.scalar(select(func.max(Post.id)).where(Post.id > RESERVED_IDS))
    db.session.rollback()
    return range(0 if newest is None else -(-(newest - RESERVED_IDS) // BATCH_POSTS), plan.slices)


def write(slice_: Slice) -> None:
    """One slice in one transaction, parents before what refers to them."""
    rows = slice_.fill()
    change, acceptance = (
        1 + (db.session.scalar(select(func.max(model.id))) or 0) for model in (VoteChange, Acceptance)
    )
    Votes(slice_, change, acceptance).fill()
    slice_.tagged()
    for vote in rows[Vote]:
        del vote["post"]
    for model in ORDER:
        _insert(model, rows[model])
    db.session.commit()


def _insert(model: type[Base], rows: list[dict]) -> None:
    if rows:
        db.session.execute(insert(model.__table__), rows)


def _finish(plan: Plan) -> None:
    """What all slices together make: counters, reputations, statistics; nothing of the past is news."""
    longest = plan.first_id(0) + 1
    answers = select(func.count()).where(
        Post.parent_id == longest, Post.kind == "answer", Post.deleted_at.is_(None)
    )
    last = select(func.max(Post.created_at)).where(Post.parent_id == longest, Post.kind == "answer")
    values = {"answer_count": db.session.scalar(answers), "last_activity_at": db.session.scalar(last)}
    for table, key in ((Post.__table__, "id"), (PostTag.__table__, "post_id")):
        db.session.execute(update(table).where(table.c[key] == longest).values(values))
    recount_tags(db.session.scalars(select(Tag.name)))
    reputation.recount(range(1, plan.members + 1))
    _fill_inboxes(plan)
    db.session.execute(update(Event).where(Event.done_at.is_(None)).values(done_at=utcnow()))
    if db.engine.dialect.name == "postgresql":
        for model in NUMBERED:
            table = model.__tablename__
            db.session.execute(
                text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")  # noqa: S608
            )
    db.session.commit()
    db.session.execute(text("ANALYZE"))
    db.session.commit()


def _fill_inboxes(plan: Plan) -> None:
    """Lines in the inboxes of ACTIVE_MEMBERS about the newest public answers; half of them are read."""
    answers = db.session.execute(
        select(Post.id, Post.parent_id, Post.author_id, Post.created_at)
        .where(Post.kind == "answer", Post.is_public)
        .order_by(Post.id.desc())
        .limit(INBOX_LINES)
    ).all()
    _insert(
        Notification,
        [
            {
                "user_id": reader,
                "cause": f"post:{answer.id}",
                "kind": "watched",
                "event": "answer.created",
                "post_id": answer.id,
                "thread_id": answer.parent_id,
                "actor_id": answer.author_id,
                "data": {},
                "created_at": answer.created_at,
                "read_at": END if place % 2 else None,
                "in_digest": False,
            }
            for reader in ACTIVE_MEMBERS
            for place, answer in enumerate(answers)
            if answer.author_id != reader
        ],
    )


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.populate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--posts", type=int, required=True, help="questions, answers, comments and articles")
    parser.add_argument("--seed", type=int, default=Plan.seed, help="another makes another community")
    asked = parser.parse_args()
    with create_app(REDOUBT_WORKER="off").app_context():
        schema.ensure()
        fill(Plan(asked.posts, asked.seed))


if __name__ == "__main__":
    main()
