# It runs in the environment of the other program.
# pyright: reportMissingImports=false
"""Fills FlaskBB with threads. The Python of its environment runs this.

Arguments: CONFIG, THREADS, PER_PAGE, the number of members and their password.

Its own save() loads all posts of an author for each that is added: minutes for a few thousand.
"""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from flaskbb.app import create_app
from flaskbb.extensions import db
from flaskbb.forum.models import Forum, Post, Topic
from flaskbb.management.models import Setting
from flaskbb.user.models import Group, User

config, threads, per_page, members, password = sys.argv[1:]
with create_app(config=config).app_context():
    Setting.update({"posts_per_page": int(per_page)})
    user = db.session.get(User, 1)
    forum = db.session.get(Forum, 1)
    now = datetime.now(UTC)
    topics = []
    posts = []
    by = {"user_id": user.id, "username": user.username, "date_created": now}
    for number, (title, texts) in enumerate(json.loads(Path(threads).read_text()), 2):
        first = 2 + len(posts)  # the welcome topic is the first of both
        posts += [
            {**by, "id": first + place, "topic_id": number, "content": text}
            for place, text in enumerate(texts)
        ]
        topics.append(
            {
                **by,
                "id": number,
                "title": title,
                "forum_id": forum.id,
                "last_updated": now,
                "first_post_id": first,
                "last_post_id": 1 + len(posts),
                "post_count": len(texts),
            }
        )
    db.session.execute(db.insert(Topic), topics)
    db.session.execute(db.insert(Post), posts)
    db.session.commit()
    forum.recalculate(last_post=True)
    user.recalculate()
    group = db.session.scalar(db.select(Group).where(Group.name == "Member"))
    for number in range(1, int(members) + 1):
        name = f"member{number}"
        User(
            username=name,
            email=f"{name}@example.org",
            password=password,
            primary_group=group,
            activated=True,
        ).save()
