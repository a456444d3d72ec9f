# It runs in the environment of the other program.
# pyright: reportMissingImports=false
"""Fills Askbot with threads. The Python of its environment runs this in its project: THREADS and MOST."""

import json
import sys
from pathlib import Path

import django

sys.path.insert(0, str(Path.cwd()))
django.setup()
from django.contrib.auth import get_user_model  # noqa: E402  only after setup()

threads = json.loads(Path(sys.argv[1]).read_text())
most = int(sys.argv[2])
people = [
    get_user_model().objects.create_superuser(f"helper{number}", f"helper{number}@example.org")
    for number in range(most + 1)
]  # one answers a question once
addresses = []
for title, (first, *answers) in threads:
    question = people[-1].post_question(title=title, body_text=first, tags="security")
    for person, text in zip(people, answers[:most], strict=False):
        person.post_answer(question=question, body_text=text)
    addresses.append(question.get_absolute_url())
Path("addresses.json").write_text(json.dumps(addresses))
