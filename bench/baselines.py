"""Baselines for a page, as a separate app.

They are the same bytes from a bare view and from a file, and a page of twenty posts read through the ORM with
one join. BENCH_PAGE is a file with the bytes, BENCH_PACKING their encoding, BENCH_DATABASE the database,
BENCH_QUESTION the id of a question.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from flask import Flask, Response, send_file
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship

TEMPLATE = """<!doctype html><html lang="en"><head><title>{{ question.title }}</title></head><body>
<h1>{{ question.title }}</h1>{{ question.body_html|safe }}
{% for post in posts %}<article id="a{{ post.id }}"><div>{{ post.score }}</div>{{ post.body_html|safe }}
<p>{{ post.created_at }} <a href="/users/{{ post.author.username }}">{{ post.author.display_name }}</a>
{{ post.author.reputation }}</p></article>{% endfor %}</body></html>"""


class Base(DeclarativeBase):
    """Of the two models here."""


db = SQLAlchemy(model_class=Base)


class User(db.Model):
    """Who wrote a post."""

    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str]
    display_name: Mapped[str]
    reputation: Mapped[int]


class Post(db.Model):
    """A post of a thread."""

    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    parent_id: Mapped[int | None]
    is_public: Mapped[bool]
    title: Mapped[str]
    score: Mapped[int]
    created_at: Mapped[str]
    body_html: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    author: Mapped[User] = relationship()


def create_app(settings: Mapping[str, str] = os.environ) -> Flask:
    """The three baselines: /bare, /file and /orm."""
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = settings["BENCH_DATABASE"]
    db.init_app(app)
    path = Path(settings["BENCH_PAGE"])
    question_id = int(settings["BENCH_QUESTION"])
    packed = {"Content-Encoding": settings["BENCH_PACKING"]}
    body = path.read_bytes()
    template = app.jinja_env.from_string(TEMPLATE)

    @app.get("/bare")
    def bare() -> Response:
        return Response(body, content_type="text/html; charset=utf-8", headers=packed)

    @app.get("/file")
    def file() -> Response:
        response = send_file(path, mimetype="text/html", conditional=True)
        response.headers.update(packed)
        return response

    @app.get("/orm")
    def orm() -> str:
        posts = db.session.scalars(
            select(Post)
            .where(Post.parent_id == question_id, Post.kind == "answer", Post.is_public)
            .options(joinedload(Post.author))
            .order_by(Post.score.desc(), Post.id.desc())
            .limit(20)
        )
        return template.render(posts=posts, question=db.session.get(Post, question_id))

    return app
