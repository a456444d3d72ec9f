"""A restart fails no request: gunicorn loads new code under HUP, and both servers finish what they began."""

import re
import shutil
import signal
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from bench.programs import Program, answers, free_port
from tests.failures.processes import WEB, wait_until

pytestmark = pytest.mark.long
SLOW = 6  # log-ins at once: each hashes a password


@pytest.fixture
def serve(tmp_path, empty_database):
    """serve(command, **settings) → (program, address) once it answers."""
    started = []

    def start(command, port, **settings):
        settings |= {"REDOUBT_INSTANCE": tmp_path / "instance", "REDOUBT_WORKER": "off"}
        settings["REDOUBT_INSTANCE"].mkdir()
        shutil.copy(empty_database, settings["REDOUBT_INSTANCE"] / "redoubt.db")
        started.append(Program(command, tmp_path / "web.log", **settings))
        address = f"http://127.0.0.1:{port}"
        wait_until(lambda: answers(f"{address}/healthz"), "it answers")
        return started[0], address

    yield start
    for program in started:
        program.kill()


@pytest.fixture
def gunicorn(serve):
    port = free_port()
    return serve([*WEB, "--bind", f"127.0.0.1:{port}"], port)


@pytest.fixture
def embedded(serve):
    port = free_port()
    return serve([sys.executable, "app.py"], port, PORT=port)


def status(url, data=None, headers=None):
    """What was answered; the error where there was no whole answer."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers or {}), timeout=60) as answer:
            answer.read()
            return answer.status
    except urllib.error.HTTPError as error:
        error.read()
        return error.code
    except OSError as error:
        return repr(error)


def log_in_while(address, meanwhile):
    """What SLOW log-ins with a wrong password are answered when `meanwhile()` happens to them."""
    with urllib.request.urlopen(f"{address}/login") as page:
        cookie = page.headers["Set-Cookie"].split(";")[0]
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.read().decode())[1]
    fields = {"csrf_token": token, "username": "nobody", "password": "wrong" * 4}
    form = urllib.parse.urlencode(fields).encode()
    with ThreadPoolExecutor(SLOW) as pool:
        found = [pool.submit(status, f"{address}/login", form, {"Cookie": cookie}) for _ in range(SLOW)]
        time.sleep(0.3)  # they have been sent; none is answered so soon, or it is answered well
        meanwhile()
        return Counter(each.result() for each in found)


def test_no_request_fails_while_gunicorn_loads_new_code(gunicorn):
    program, address = gunicorn
    stopping, found = threading.Event(), Counter()

    def read():
        while not stopping.wait(0.05):
            found[status(f"{address}/help")] += 1

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    try:
        program.process.send_signal(signal.SIGHUP)
        wait_until(lambda: program.output().count("Booting worker") == 2, "a new process")
        before = found[200]
        wait_until(lambda: found[200] > before + 50, "it serves")
    finally:
        stopping.set()
        for reader in readers:
            reader.join()
    assert set(found) == {200}


@pytest.mark.parametrize("server", ["gunicorn", "embedded"])
def test_what_was_begun_is_finished_before_the_server_ends(server, request):
    program, address = request.getfixturevalue(server)
    found = log_in_while(address, lambda: program.process.send_signal(signal.SIGTERM))
    assert sum(found.values()) == SLOW and set(found) <= {200, 401, 422}, found
    assert program.process.wait(60) == 0
