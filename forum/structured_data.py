"""Structured data of a question's page for search engines: schema.org's QAPage."""

from collections.abc import Iterable

from core.mail.mail import site_url
from posts.page_rows import ShownPost


def qa_page(question: ShownPost, answers: Iterable[ShownPost]) -> dict:
    """The QAPage of a public question with the answers that its page shows (schema.org/QAPage)."""
    public = [answer for answer in answers if answer.is_public]
    accepted = next((answer for answer in public if answer.accepted), None)
    entity = {
        "@type": "Question",
        "name": question.title,
        "answerCount": question.answer_count,
        **_facts(question),
        "suggestedAnswer": [_answer(answer) for answer in public if answer is not accepted],
    }
    if accepted:
        entity["acceptedAnswer"] = _answer(accepted)
    return {"@context": "https://schema.org", "@type": "QAPage", "mainEntity": entity}


def _answer(answer: ShownPost) -> dict:
    return {"@type": "Answer", "url": site_url() + answer.url, **_facts(answer)}


def _facts(post: ShownPost) -> dict:
    author = {"@type": "Person", "name": post.byline}
    if post.author:
        author["url"] = site_url() + post.author.profile_url
    return {
        "text": post.body,
        "upvoteCount": post.score,
        "datePublished": post.created_at.isoformat(),
        "author": author,
    }
