"""A full disk, a lost index, a lost key: reading goes on, and all is well again without a restart."""

import json
import os
import shutil
import threading

import pytest

from tests.failures.processes import wait_until

pytestmark = pytest.mark.long


def fill(disk) -> None:
    """Leave no byte free."""
    with (disk / "filler").open("ab", buffering=0) as file:
        for size in (1 << 16, 1):
            while True:
                try:
                    file.write(bytes(size))
                except OSError:
                    break


def not_restarted(site, before) -> bool:
    """Whether the same processes still run."""
    return [site.web.process.pid, site.worker.process.pid] == before and not (
        site.web.process.poll() or site.worker.process.poll()
    )


def test_a_full_disk_refuses_texts_serves_pages_and_recovers(processes, small_disk):
    disk = small_disk(24)
    site = processes(REDOUBT_INSTANCE=disk / "instance")
    before = [site.web.process.pid, site.worker.process.pid]
    site.ask_many(10)
    site.settle()
    fill(disk)
    asking = threading.Thread(target=lambda: site.ask_many(150), daemon=True)
    asking.start()
    wait_until(lambda: "the database is away" in site.web.output(), "a text is refused")
    for page in ("/", "/questions", "/questions/1", "/search?q=marker0001"):
        assert site.request(page)[0] == 200, page
    acknowledged = len(site.acknowledged)
    assert 10 <= acknowledged < 160
    (disk / "filler").unlink()
    asking.join(60)
    site.settle()
    assert len(site.acknowledged) == 160 and site.outcome() == site.everything_once()
    assert not_restarted(site, before)


@pytest.mark.postgres
def test_an_instance_without_space_delays_index_and_mail_only(processes, small_disk, postgres):
    disk = small_disk(8)
    site = processes(
        REDOUBT_INSTANCE=disk / "instance",
        REDOUBT_DATABASE_URL=postgres.create("without_space"),
        REDOUBT_SEARCH="whoosh",
    )
    site.ask_many(5)
    site.settle()
    fill(disk)
    site.ask_many(5)
    wait_until(lambda: "No space left" in site.worker.output(), "the worker meets the full disk")
    (disk / "filler").unlink()
    site.settle()
    assert len(site.acknowledged) == 10 and site.outcome() == site.everything_once()


def _remove(folder):
    shutil.rmtree(folder)


def _truncate(folder):
    for path in folder.rglob("*"):
        if path.is_file():
            os.truncate(path, path.stat().st_size // 2)


def _overwrite(folder):
    for path in folder.rglob("*"):
        if path.is_file():
            path.write_bytes(b"\x80garbage" * 20)


def test_a_lost_index_and_a_lost_key_come_back_while_the_site_serves(processes):
    site = processes()
    before = [site.web.process.pid, site.worker.process.pid]
    site.ask_many(10)
    site.settle()
    key = (site.instance / "secret_key").read_text()

    def finds(marker: str) -> bool:
        status, body = site.request(f"/api/v1/search?q={marker}")
        assert status in (200, 503), status
        return status == 200 and marker in body

    for damage in (_remove, _truncate, _overwrite):
        damage(site.instance / "index")
        (site.instance / "secret_key").unlink()
        assert site.request("/search?q=marker0001")[0] in (200, 503)
        site.ask()
        newest = site.acknowledged[-1]
        wait_until(lambda newest=newest: finds("marker0001") and finds(newest), f"after {damage.__name__}")
        wait_until((site.instance / "secret_key").exists, f"the key after {damage.__name__}")
    site.settle()
    assert site.outcome() == site.everything_once() and not_restarted(site, before)
    assert (site.instance / "secret_key").read_text() == key
    assert json.loads(site.request("/api/v1/search?q=marker0001")[1])["items"]
