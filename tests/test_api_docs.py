"""The page about the API says what its document says."""

import html
import re
import shlex


def test_every_operation_is_on_the_page(client):
    page = html.unescape(client.get("/api/docs").text)
    document = client.get("/api/v1/openapi.json").json
    operations = [
        (path, method, each)
        for path, methods in document["paths"].items()
        for method, each in methods.items()
        if method != "parameters"
    ]
    assert len(operations) == page.count('<details class="operation" id="') - page.count('id="shape-')
    for path, method, each in operations:
        part = page.split(f'id="{each["operationId"]}"')[1].split("</details>")[0]
        assert f"method-{method}" in part and path in part and each["summary"] in part


def test_the_most_used_parts_come_first(client):
    page = client.get("/api/docs").text
    parts = ["questions", "posts", "articles", "bulletins"]
    places = [page.index(f'id="part-{part}"') for part in parts]
    assert places == sorted(places) and places[-1] < page.index('id="part-alerts"')


def test_every_operation_says_what_it_does_and_what_it_answers(client):
    for path, methods in client.get("/api/v1/openapi.json").json["paths"].items():
        for method, each in methods.items():
            if method != "parameters":
                [success] = [answer for status, answer in each["responses"].items() if status.startswith("2")]
                assert each["summary"] and success["description"], (method, path)
                assert "schema" in str(success) or "204" in each["responses"], (method, path)


def test_every_link_on_the_page_leads_somewhere(client):
    page = client.get("/api/docs").text
    for target in set(re.findall(r'href="#([^"]+)"', page)):
        assert f'id="{target}"' in page, target


def test_an_example_can_be_pasted_into_a_shell(client, api, member):
    """The words of the curl command, sent as curl would send them."""
    page = html.unescape(client.get("/api/docs").text)
    part = page.split('id="ask_question"')[1].split("</details>")[0]
    words = shlex.split(part.split("<code>")[-1].split("</code>")[0].replace("\\\n", " "))
    assert words[:3] == ["curl", "-X", "POST"] and words[-1] == "http://localhost:8000/api/v1/questions"
    token = api(member)("GET", "/users/me").request.headers["Authorization"]
    answer = client.post(
        "/api/v1/questions",
        data=words[words.index("-d") + 1],
        headers={"Authorization": token, "Content-Type": "application/json"},
    )
    assert answer.status_code == 201


def test_the_page_says_what_a_token_must_allow(client):
    page = client.get("/api/docs").text
    assert "No token required" in page.split('id="list_questions"')[1].split("</details>")[0]
    assert "the scope read" in page.split('id="get_me"')[1].split("</details>")[0]
    assert "the scope write" in page.split('id="ask_question"')[1].split("</details>")[0]


def test_help_and_footer_lead_to_the_page(client):
    assert client.get("/help").text.count('href="/api/docs"') == 2
