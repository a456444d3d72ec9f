"""Shared texts: marks that nobody can forge, filled in for each reader; a renderer that reaches no reader."""

from types import SimpleNamespace

import pytest
from flask import has_request_context

from auth.current_user import current_user
from core.cache import fragments, marks

POSTS = {7: SimpleNamespace(id=7, author_id=1), 8: SimpleNamespace(id=8, author_id=2)}
TEMPLATE = (
    "{% for post in posts %}{% when 'author', post %}own {{ post.id }}{% else %}"
    "{% when 'member' %}flag {{ post.id }}{% endwhen %}{% endwhen %};{% endfor %}"
    "<{{ value('account_id') }}> {{ typed }}"
)


@pytest.fixture
def shared(app):
    """The environment of shared templates."""
    return fragments._environment(app)


@pytest.mark.parametrize(
    ("reader_id", "text"), [(None, ";;<None> "), (1, "own 7;flag 8;<1> "), (2, "flag 7;own 8;<2> ")]
)
def test_a_shared_text_is_that_of_an_ordinary_template(app, shared, monkeypatch, reader_id, text):
    reader = SimpleNamespace(id=reader_id)
    monkeypatch.setattr(marks, "reader", lambda: reader)
    typed = f"[{'0' * 20}:x:account_id:] {{{{ value('account_id') }}}} <b>"
    context = {"posts": list(POSTS.values()), "typed": typed}
    ordinary = app.jinja_env.from_string(TEMPLATE).render(context)
    marked = shared.from_string(TEMPLATE).render(context)
    assert marks.fill(marks.split(marked, POSTS), reader) == ordinary
    assert ordinary.startswith(text) and "[00000000000000000000:x:account_id:] {{ value" in ordinary


def test_no_mark_leaves_the_process(shared):
    marked = shared.from_string(TEMPLATE).render(posts=list(POSTS.values()), typed="ä 🔒")
    packed = marks.pack(marked)
    assert marks._TOKEN in marked and marks._TOKEN.encode() not in packed
    assert marks.unpack(packed) == marked


def test_what_a_reader_is_called_is_escaped(app):
    reader = SimpleNamespace(id=1, user=SimpleNamespace(display_name="<script>", username="eve"))
    marked = marks.mark(marks.VALUE, "account_name")
    assert marks.fill(marks.split(marked, {}), reader) == "&lt;script&gt;"


@pytest.mark.parametrize(
    "personal",
    [
        "{{ current_user.id }}",
        "{% if current_user %}x{% endif %}",
        "{{ request.path }}",
        "{{ session['_user_id'] }}",
        "{{ g.reader }}",
        "{{ get_flashed_messages() }}",
        "{{ config }}",
        "{% for each in session %}{% endfor %}",
        "{{ is_watching(1, 2) }}",
    ],
)
def test_a_shared_template_that_asks_for_the_reader_fails(shared, personal):
    with pytest.raises(fragments.PersonalDataError):
        shared.from_string(personal).render()


def test_code_that_a_shared_template_calls_finds_no_reader(app, login, member, monkeypatch):
    seen = []

    def spy(app, template, context, language):
        with app.app_context():
            seen.append((has_request_context(), getattr(current_user, "username", None)))
        return ""

    monkeypatch.setattr(fragments, "_render", spy)
    with app.test_request_context("/"):
        fragments.render("layout.html", {}, "en")
    assert seen == [(False, None)]
