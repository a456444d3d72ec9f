"""Small Stack Exchange dumps of our own making."""

from pathlib import Path
from xml.sax.saxutils import quoteattr

DAY = "2021-05-0{}T10:00:00.000"
TABLES = ("Users", "Tags", "Posts", "Comments", "PostLinks", "Votes", "Badges")


def row(**facts) -> str:
    """One line of a dump."""
    written = (f"{name}={quoteattr(str(value), {chr(10): '&#xA;'})}" for name, value in facts.items())
    return f"  <row {' '.join(written)} />\n"


def user(number, name, **facts):
    return row(
        **{"Id": number, "Reputation": 101, "CreationDate": DAY.format(1), "DisplayName": name, **facts}
    )


def question(number, **facts):
    return row(
        **{
            "Id": number,
            "PostTypeId": 1,
            "CreationDate": DAY.format(2),
            "Score": 3,
            "Body": "<p>How?</p>",
            "OwnerUserId": 1,
            "Title": f"Question number {number}",
            "Tags": "<dns>",
            "ContentLicense": "CC BY-SA 4.0",
            **facts,
        }
    )


def answer(number, parent, **facts):
    return row(
        **{
            "Id": number,
            "PostTypeId": 2,
            "ParentId": parent,
            "CreationDate": DAY.format(3),
            "Score": 2,
            "Body": "<p>So.</p>",
            "OwnerUserId": 2,
            "ContentLicense": "CC BY-SA 4.0",
            **facts,
        }
    )


def comment(number, post, **facts):
    return row(
        **{
            "Id": number,
            "PostId": post,
            "Score": 1,
            "Text": "Thanks for this.",
            "UserId": 1,
            "CreationDate": DAY.format(4),
            "ContentLicense": "CC BY-SA 4.0",
            **facts,
        }
    )


def write(folder: Path, **tables: str) -> Path:
    """A dump with these tables (`Posts=question(1) + answer(2, 1)`), as the network writes it."""
    folder.mkdir(parents=True, exist_ok=True)
    for table, rows in tables.items():
        text = f'\ufeff<?xml version="1.0" encoding="utf-8"?>\n<{table.lower()}>\n{rows}</{table.lower()}>'
        (folder / f"{table}.xml").write_bytes(text.replace("\n", "\r\n").encode())
    return folder


def small(folder: Path, **more: str) -> Path:
    """Two people, a question with an accepted answer, a comment on each."""
    return write(
        folder,
        **{
            "Users": user(1, "Ann Bee") + user(2, "Ünal"),
            "Posts": question(10, AcceptedAnswerId=11) + answer(11, 10),
            "Comments": comment(5, 10) + comment(6, 11, UserId=2),
            **more,
        },
    )


def large(folder: Path, size: int = 300) -> Path:
    """`size` people, questions, answers and comments: several batches of each."""
    names = ("Ann", "Bob", "日本", "John", "john2")
    return write(
        folder,
        Users="".join(user(n, names[n % 5], Reputation=n) for n in range(1, size + 1)),
        Tags="".join(row(Id=n, TagName=f"tag-{n}", Count=1) for n in range(7)),
        Posts="".join(
            question(
                n,
                OwnerUserId=n,
                Tags=f"<tag-{n % 7}>",
                AcceptedAnswerId=10_000 + n,
                LastEditDate=DAY.format(5),
                LastEditorUserId=2,
            )
            for n in range(1, size + 1)
        )
        + "".join(answer(10_000 + n, 1 + n % 50 if n % 3 else n, OwnerUserId=n) for n in range(1, size + 1)),
        Comments="".join(comment(n, n, UserId=n) for n in range(1, size + 1)),
        PostLinks="".join(
            row(Id=n, CreationDate=DAY.format(5), PostId=n, RelatedPostId=n + 1, LinkTypeId=1)
            for n in range(1, size)
        ),
        Badges="".join(
            row(Id=n, UserId=n, Name="Student", Date=DAY.format(5), Class=3, TagBased=False)
            for n in range(1, size)
        ),
    )


def linked(folder: Path, host: str = "own.example") -> Path:
    """Posts that link to each other, to later ones, and to what is not here, in every form."""
    forms = (
        f"https://{host}/questions/12/question-number-12",
        f"http://www.{host}/q/12",
        f"//{host}/q/12/1",
        "/questions/12/question-number-12",
        f"https://{host}/questions/12?noredirect=1&lq=1",
    )
    answers = (
        f"https://{host}/a/13/7",
        f"https://{host}/questions/12/question-number-12/13#13",
        f"https://{host}/questions/12/question-number-12#13",
        "/a/13",
    )
    comments = (
        f"https://{host}/questions/12/question-number-12#comment5_12",
        f"https://{host}/posts/comments/5",
    )
    others = (f"https://{host}/questions/99/gone", f"https://{host}/users/1/ann", "https://else.example/q/12")
    links = "".join(
        f'<p><a href="{address}">n{n}</a></p>'
        for n, address in enumerate((*forms, *answers, *comments, *others))
    )
    bare, said = f"https://{host}/q/12", f"As in https://{host}/a/13 and [b](//{host}/q/10)."
    links += f"<p><a href='{bare}'>{bare}</a> <code>{bare}</code></p>"
    return write(
        folder,
        Users=user(1, "Ann"),
        Posts=question(10, Body=links) + question(12) + answer(13, 12),
        Comments=comment(5, 12) + comment(6, 13, Text=said),
    )
