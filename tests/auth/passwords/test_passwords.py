"""Passwords that attackers try are refused on every way in, by one rule; random ones pass."""

import io
import random
import string
import unicodedata

import pytest
from sqlalchemy import select
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from auth import actions as accounts
from auth.models import User
from auth.passwords import passwords, strength
from core.database.db import db
from tests.conftest import PASSWORD

NAMED = ["Summer2026!!", "Microsoft2024!", "correcthorsebatterystaple", "Password123!Password"]
OF_THE_SAME_KINDS = """
Winter2025Spring2026 Herbst2026!Herbst! Printemps2026Printemps Verano2025!Verano Jesien2026!!Jesien
January2026February2026 Donnerstag2026!! Fortinet2025!Fortinet VMwareESXi2026!! Cisco123!Cisco123!
Windows11Windows11! PaloAlto2026PaloAlto P@ssw0rdP@ssw0rd Pa$$w0rd2026Pa$$w0rd Passw0rd!Passw0rd!1
pAssWordpAssWord12 ChangeMe123!ChangeMe Welcome2026Welcome! letmeinletmein123! WelcomeToMicrosoft1
Kennwort123!Kennwort motdepasse2026!! contraseña2026!! Senha123Senha123! MonkeyDragonShadow1!
iloveyouiloveyou LiverpoolLiverpool9 qwertyuiopasdfgh 1qaz2wsx3edc4rfv !QAZ2wsx#EDC4rfv zaq12wsxcde34rfv
asdfghjkl;zxcvb qwertzuiopyxcvb azertyuiopqsdf qwerty123qwerty456 aaaaaaaaaaaaaaaaaaaa abcabcabcabcabcabc
123456789012345 98765432109876543 20262026202620262026 tobeornottobethatisthequestion maytheforcebewithyou
thequickbrownfoxjumps thisismypassword ThisIsMyPassword123! CorrectHorseBatteryStaple1! iamtheadministrator
Administrator2026! Redoubt2026!Redoubt! RedoubtSecurity2026 SecurityPatch2026!! PatchTuesday2026!!
firewall123firewall donaldtrump2024!! Troub4dor&3Troub4dor&3 alicewonder2026alice example.org2026!!
Alice.Wonder@2026
""".split()
OTHER_SCRIPTS = """
фывапролджэячсмить йцукен123йцукен456 ячсмитьбюфывапрол йфяцычувскамепинр аыпвлоыаыпвлоыаыпвлоы
жщшцфдхжщшцфдх2027! hqzvkwpjhqzvkwpj ξψφβξψφβξψφβξψφβ
пароль123пароль123 Привет!Привет!2024 СекретныйПароль! люблюмамуипапу Киев2024Киев2024!
НаташаНаташа1985! спартакмосква2020 ghbdtnghbdtn2024! gfhjkmgfhjkm2023! qwertyфывапролasdf
Αθήνα2024Αθήνα2024 σαγαπώσαγαπώ2023 κωδικόςκωδικός123 ολυμπιακός2024! ςερτυθιοπασδφγηξκλ
абвгдежзийклмноп αβγδεζηθικλμνξοπ パスワードパスワード1! 비밀번호비밀번호2024 password密码123456!!
ضصثقفغعهخحجدشسيب aoeuidhtnsqjkxbm qwertzuiopü+asdfg
""".split()
SENTENCES = """
ilovemymomandmydad mywifeandmykids2024 ilovemydogandmycat iloveyouandyouloveme godlovesmeandyou
CVE-2014-0160-heartbleed CVE-2017-0144cve-2019-0708 KB4012212-wannacry2017 MS17-010-EternalBlue!
rockyou.txt.zip2024 hashcat-rockyou.txt GHSA-jfh8-c2jp-5v3q mysonandmydaughter!
""".split()
ACCOUNT = ("alice", "Alice Wonder", "alice.wonder@example.org")


def test_what_is_tried_first_is_refused_with_a_reason(app):
    with app.test_request_context():
        for password in NAMED + OF_THE_SAME_KINDS + OTHER_SCRIPTS + SENTENCES:
            assert passwords.error(password, *ACCOUNT), password


def test_a_second_factor_does_not_make_them_good(app):
    with app.test_request_context():
        for password in NAMED:
            assert passwords.error(password, *ACCOUNT, only_factor=False), password


def test_random_passphrases_and_strings_pass(app):
    rng = random.Random(2026)
    words = [word for word in FREQUENCY_LISTS["english_wikipedia"][1000:9000] if len(word) >= 4]
    signs = string.ascii_letters + string.digits + string.punctuation
    chosen = [
        sign.join(rng.choice(words) for _ in range(count))
        for sign in (" ", "-", "")
        for count in (4, 5)
        for _ in range(8)
    ]
    chosen += [
        "".join(rng.choice(letters) for _ in range(15))
        for letters in (signs, string.ascii_lowercase)
        for _ in range(12)
    ]
    with app.test_request_context():
        assert [password for password in chosen if passwords.error(password, *ACCOUNT)] == []


def test_random_letters_of_other_scripts_and_words_of_the_commonest_pass(app):
    rng = random.Random(31)
    words = FREQUENCY_LISTS["english_wikipedia"][:8000]
    chosen = [" ".join(rng.choice(words) for _ in range(4)) for _ in range(40)]
    chosen += [
        "".join(rng.choice(letters) for _ in range(15))
        for _ in range(15)
        for letters in (
            "абвгдежзийклмнопрстуфхцчшщъыьэюя",
            "αβγδεζηθικλμνξοπρστυφχψω",
            "абвгдежзийклмнопABCDEFGHIJKLM0123",
        )
    ]
    chosen += ["лодка метель гвоздь укроп", "βάρκα κουμπί σύννεφο λεμόνι", "трамвай kettle сирень orbit"]
    with app.test_request_context():
        assert [password for password in chosen if passwords.error(password, *ACCOUNT)] == []


def test_eight_random_characters_do_beside_a_second_factor_and_not_alone(app):
    rng = random.Random(7)
    signs = string.ascii_letters + string.digits + string.punctuation
    with app.test_request_context():
        for _ in range(12):
            password = "".join(rng.choice(signs) for _ in range(8))
            assert passwords.error(password, only_factor=False) is None
            assert "15" in passwords.error(password)


def test_the_list_is_long(app):
    """A sample of passwords that somebody had, longer than zxcvbn's own."""
    assert (
        sum(
            map(
                strength.is_listed,
                [
                    "sunshine2010",
                    "liverpool123",
                    "jessica12345",
                    "computer2000",
                    "mypassword123",
                    "football2008",
                ],
            )
        )
        >= 4
    )


def test_the_form_of_the_letters_does_not_matter(app):
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in "Password123!Password")
    with app.test_request_context():
        assert passwords.error(wide)
    made = passwords.hash_password(unicodedata.normalize("NFC", "cafébrüllaffe tango 9 sieben"))
    assert passwords.verify(made, unicodedata.normalize("NFD", "cafébrüllaffe tango 9 sieben"))


@pytest.mark.parametrize(
    "password", ["ﷺ" * 250, "x" * 100_000, "a1!" * 85 + "b", "😀" * 256, "@4831!0$57+|" * 20]
)
def test_the_work_is_bounded_whatever_is_typed(app, monkeypatch, password):
    looked_at = []
    monkeypatch.setattr(strength, "_in_files", lambda text: looked_at.append(text) and False)
    with app.test_request_context():
        passwords.error(password)
    assert len(looked_at) <= 4 * strength.MAX_LOOKED_UP_CHARACTERS * 2


def test_sixty_four_characters_are_taken_and_too_many_refused(app):
    rng = random.Random(1)
    with app.test_request_context():
        assert passwords.error("".join(rng.choice(string.ascii_letters) for _ in range(64))) is None
        assert "256" in passwords.error("x" * 257)
    assert not passwords.verify(passwords.hash_password("a" * 1000), "a" * 1001)


class TestFourWaysIn:
    """The page of a new account, the mailed link, the settings and the shell ask the same function."""

    @pytest.fixture(params=["Summer2026!Summer", "Password123!Password"])
    def weak(self, request):
        return request.param

    def test_register(self, client, weak):
        form = {"username": "carol", "email": "c@example.org", "password": weak}
        answer = client.post("/register", data=form)
        assert answer.status_code == 422
        assert db.session.scalar(select(User.id)) is None

    def test_reset(self, client, member, weak):
        with_link = []
        original = accounts.tokens.new
        accounts.tokens.new = lambda: with_link.append(original()) or with_link[-1]
        try:
            accounts.send_link(member, "reset", "reset", "Reset your password")
        finally:
            accounts.tokens.new = original
        db.session.commit()
        assert client.post(f"/reset/{with_link[-1]}", data={"password": weak}).status_code == 422
        assert member.password_hash is None

    def test_settings(self, login, member, weak):
        member.password_hash = before = passwords.hash_password(PASSWORD)
        db.session.commit()
        form = {"current_password": PASSWORD, "password": weak}
        assert login(member).post("/settings/password", data=form).status_code == 422
        assert db.session.get(User, member.id).password_hash == before

    def test_shell(self, app, member, weak):
        run = app.test_cli_runner().invoke
        for command in (
            ["user", "create", "carol", "--email", "c@example.org", "--password-stdin"],
            ["user", "password", member.username, "--password-stdin"],
        ):
            assert run(args=command, input=io.StringIO(f"{weak}\n").read()).exit_code == 1
        assert member.password_hash is None
