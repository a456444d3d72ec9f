"""What people type into a search box, and the page that must come first: on both engines."""

import csv

import pytest

from auth.models import Visitor
from core.database.db import db
from core.markup.markup import render
from kb import actions as kb
from search import queries
from search.parser import parse
from tests.conftest import DATA

CASES = DATA.parent / "cases" / "search"
PAGES = {
    "error": ("Update stops with a code", "It ends with 0x8024402c, shown as -2145107924 in the report."),
    "cmdlet": ("Listing mailboxes", "`Get-Mailbox -ResultSize Unlimited`, then `Set-Mailbox -Type Shared`."),
    "hash": ("Files to block", "sha1 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12 from 198.51.100.23."),
    "british": ("Unauthorized organization", "Catalog the behavior of the labeled license center."),
    "hyphen": ("Zero-touch on-boarding", "Use the web-hook of the load-balancer, sign-in with pass-keys."),
    "slash": ("TCP/IP and I/O", "Tune the read/write path of node.js and socket.io."),
    "mfa": ("Two-step verification for all", "Hand out hardware keys."),
    "sso": ("Single sign-on with a broker", "One log-in for every site."),
    "lang": ("Hardening flags for C++", "Compile with stack protection."),
    "csharp": ("Deserialisation in C# services", "Use a binder on .NET."),
    "chinese": ("服务器无法安装更新程序", "重新启动以后再试一次。"),
    "polish": ("Zażółć gęślą jaźń w Łodzi", "Serwer nie odpowiada."),
    "cve": ("A flaw named CVE-2031-45678", "Fixed in build 10.0.22621.3155."),
    "title": ("Restore", "Bring a host into service."),
    "body": ("Notes of the operators", "restore restore restore restore the host"),
}
TYPED = [
    ("error -2145107924", "error"),
    ("-2145107924", "error"),
    ("2145107924", "error"),
    ("8024402c", "error"),
    ("Get-Mailbox -ResultSize Unlimited", "cmdlet"),
    ("Set-Mailbox -Type", "cmdlet"),
    ("getmailbox", "cmdlet"),
    ("Get-Mail*", "cmdlet"),
    ("get mailbox", "cmdlet"),
    ("2fd4e1c6", "hash"),
    ("198.51.100", "hash"),
    ("unauthorised organisation", "british"),
    ("behaviour", "british"),
    ("labelled licence", "british"),
    ("catalogue centre", "british"),
    ("webhook", "hyphen"),
    ("web hook", "hyphen"),
    ("web-hook", "hyphen"),
    ("loadbalancer", "hyphen"),
    ("onboarding", "hyphen"),
    ("passkeys", "hyphen"),
    ("nodejs", "slash"),
    ("tcp ip", "slash"),
    ("tcpip", "slash"),
    ("2fa", "mfa"),
    ("MFA", "mfa"),
    ("two factor", "mfa"),
    ("multi-factor authentication", "mfa"),
    ("sso", "sso"),
    ("C++", "lang"),
    ("c# .net", "csharp"),
    ("dotnet", "csharp"),
    ("deserialization", "csharp"),
    ("服务器", "chinese"),
    ("安装更新", "chinese"),
    ("lodzi", "polish"),
    ("2031-45678", "cve"),
    ("cve 2031 45678", "cve"),
    ("22621.3155", "cve"),
    ("title:restore", "title"),
    ("restore", "title"),
    ("title:hardening stack", "lang"),
]


OTHER_WORDS = {  # title of a page: queries that must find it first
    "The key store fails after rotation": ["keystore", "key-store"],
    "The jumphost drops sessions": ["jump host", "jump-host"],
    "SMBv1 is still enabled": ["smb v1", "smb 1", "SMB1"],
    "Office365 mailboxes vanish": ["office 365", "Office-365"],
    "Exchange 2019 stops at night": ["exchange2019", "exchange-2019"],
    "TLSv1.3 handshake fails with OpenSSL 3.0.13": ["tls 1.3", "TLS1.3", "openssl 3.0", "openssl3.0.13"],
    "Grey listing of prioritised favourites": ["gray listing", "prioritized", "favorites"],
    "Trouble 0x80240017 at install": ["2145124329", "-2145124329", "80240017"],
    "Failure -2145107941 at scan": ["0x8024401b"],
    "Get-ADGroupMember is slow": ["get ad group member", "getadgroupmember", "get adgroupmember"],
    "Fingerprint AA:BB:CC:DD:EE:0F seen": ["aabbccddee0f", "aa-bb-cc-dd-ee-0f", "aa:bb:cc"],
    "What about MS31-777 and GHSA-aaaa-bbbb-cc11": ["31-777", "aaaa-bbbb-cc11"],
    "Hunting for T1566.002 and CWE-1336": ["T1566", "cwe1336", "1336"],
    "R&D builds with Notepad++ and C++17": ["r&d", "notepad", "notepad++", "c++ 17"],
    "Die Passwortrichtlinie der Behörde wurde geändert": [
        "Richtlinie",
        "Richtlinien für Passwörter",
        "behoerde",
    ],
    "Das Netzwerklaufwerk ist nicht erreichbar": ["Netzwerk", "Laufwerke"],
    "Schutz gegen Phishing durch Schulung im Betrieb": ["Phishingschutz"],
    "Les mises à jour échouent sur le contrôleur": ["mise a jour", "contrôleurs"],
    "Cómo deshabilitar las macros sospechosas": ["macro sospechosa"],
    "Gli aggiornamenti non vengono installati": ["aggiornamento"],
    "Wachtwoorden opnieuw instellen voor gebruikers": ["wachtwoord gebruiker"],
    "Łódź: serwery pocztowe odrzucają wiadomości": ["serwer pocztowy", "lodz"],
    "Сервер не отвечает после обновления": ["обновление сервера"],
    "Sunucular güncellemeden sonra yanıt vermiyor": ["sunucu güncelleme"],
    "Säkerhetskopior försvinner varje natt": ["säkerhetskopia", "sakerhetskopia"],
    "Køb af nøgler til blåbærserveren": ["noegler", "nogler", "blaabaerserver"],
    "パスワードをリセットする方法を教えてください": ["リセット"],
    "비밀번호를 재설정하는 방법을 알려주세요": ["비밀번호"],
    "请求证书失败的原因": ["证书", "证"],
}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.postgres, pytest.mark.long])])
def database(request):
    if request.param == "sqlite":
        return {"REDOUBT_DATABASE_URL": ""}
    cluster = request.getfixturevalue("postgres")
    name = request.getfixturevalue("migrated_postgres")
    cluster.empty(name)
    return {"REDOUBT_DATABASE_URL": cluster.url(name)}


@pytest.fixture
def first(app, moderator, drain):
    """first(text) → the name of the page that comes first, or nothing."""
    ids = {}
    pages = PAGES | {title: (title, "") for title in OTHER_WORDS}
    for name, (title, body) in pages.items():
        article = kb.write(title, render(body), layer="host", by=moderator, tags=["test"])
        kb.publish(article, by=moderator)
        ids[article.id] = name
    db.session.commit()
    drain()

    def ask(text):
        found = queries.search(text, user=Visitor())
        return ids[found.hits[0].thing.id] if found.hits else ""

    return ask


def test_the_right_page_comes_first(first):
    wrong = [(typed, wanted, got) for typed, wanted in TYPED if (got := first(typed)) != wanted]
    assert not wrong, wrong


def test_words_are_found_in_all_their_forms(first):
    typed = [(text, title) for title, texts in OTHER_WORDS.items() for text in texts]
    wrong = [(text, title, got) for text, title in typed if (got := first(text)) != title]
    assert not wrong, wrong


def test_nothing_that_is_typed_fails(first):
    for text in (
        "*",
        "-",
        '"',
        "AND",
        "a",
        "how to",
        "-x",
        "--help",
        "- -",
        "C:*",
        "**",
        "()*",
        "title:",
        "~",
        "title:the",
        "-title:restore",
        '-"',
        "\\*",
        "a*",
        "%",
        "___*",
        "abc*" * 30,
        "a-b-c-d-e-f*",
    ):
        first(text)


@pytest.mark.parametrize(
    ("text", "excluded"),
    [
        ("dns -bind", [["bind"]]),
        ("vpn -ipsec", [["ipsec"]]),
        ('backup -"full disk"', [["full", "disk"]]),
        ("error -2147024891", []),
        ("Get-ADUser -Filter *", []),
        ("Get-ADUser -filter *", []),
        ("curl --insecure", []),
        ("ls -la", []),
        ("-bind", [["bind"]]),
        ("Set-Mailbox -Archive", []),
        ("a - b", []),
        ("iptables -A INPUT", []),
        ("openssl x509 -noout -text", []),
        ("get-aduser -filter *", []),
        ("netstat -ano", []),
        ("tar -xvf", []),
        ("sfc -scannow", []),
        ("powershell -encodedcommand", []),
        ("certutil.exe -urlcache", []),
        ("how to use Robocopy -mir", []),
        ("unknowntool -alpha -beta", []),
        ("tls -ssl", [["ssl"]]),
        ("read-only -disk", [["disk"]]),
        ("zero-day -android", [["android"]]),
        ("-bind resolver", [["bind"]]),
        ("find malware -android", [["android"]]),
    ],
)
def test_a_minus_excludes_where_a_person_would_mean_it(app, text, excluded):
    query = parse(text)
    assert query.excluded == [[*map(str, words)] for words in excluded]
    assert len(query.filters) == len(excluded)


def test_what_is_excluded_is_a_chip_that_can_be_removed(client, first):
    page = client.get("/search?q=host+-operators").text
    assert 'class="chip" href="/search?q=host"' in page and "-operators" in page


def test_an_exclusion_that_leaves_nothing_is_looked_for(client, first):
    page = client.get("/search?q=sso+-broker").text
    assert "single-sign-on-with-a-broker" in page and "No results without -broker" in page


def test_only_words_of_the_index_are_offered(first):
    for typed in ("organizotion", "deserialisatoin", "verificaton", "compyle"):
        found = queries.search(typed, user=Visitor())
        words = {word for title, body in PAGES.values() for word in f"{title} {body}".casefold().split()}
        assert found.correction is None or found.correction in {word.strip(".,") for word in words}
    assert queries.search("verificaton", user=Visitor()).correction == "verification"


def test_collected_cases(app, drain, tmp_path):
    if not CASES.exists():
        pytest.skip("no collected cases at ../shared/cases")

    def read(name):
        return list(csv.reader((CASES / name).open(), delimiter="\t", quoting=csv.QUOTE_NONE))[1:]

    def wrong(rows):
        found = []
        for typed, wanted in rows:
            hits = queries.search(typed, user=Visitor()).hits
            got = hits[0].thing.external_id.rpartition("/")[2].removesuffix(".md") if hits else ""
            if wanted not in ("-", got):
                found.append((typed, wanted, got))
        return found

    def load(folder):
        assert app.test_cli_runner().invoke(args=["import", "articles", str(folder)]).exit_code == 0
        drain()

    load(CASES)
    assert not wrong(read("queries.tsv"))
    others = read("words-of-other-languages.tsv")
    for number, (title, *_) in enumerate(others):
        (tmp_path / f"w{number}.md").write_text(f"# {title}\n\n{title}\n")
    load(tmp_path)
    assert not wrong((typed, f"w{number}") for number, (_title, typed, *_) in enumerate(others))
