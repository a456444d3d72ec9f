"""Names as inventories and advisories write them, with the list of decision 0660."""

import pytest

from bench import held_out
from core.database.db import db
from inventory.formats.component import Component
from inventory.versions import actions, tasks
from inventory.versions.models import InstalledName, InstalledVersion
from inventory.versions.spellings import loose_spellings, spellings, written_version


def test_the_list_of_names_is_matched():
    shares, wrong = held_out.measure(held_out.FILE.read_text())
    assert shares["lines"] >= 150
    assert shares["alarm recall"] >= 0.91, wrong
    assert shares["alarm precision"] >= 0.99, wrong


@pytest.mark.parametrize(
    ("name", "version", "expected"),
    [
        ("ImageMagick 7.1.1-10 Q16-HDRI (64-bit)", "7.1.1.10", "imagemagick"),
        ("Evernote v. 10.68.2", "10.68.2", "evernote"),
        ("PowerShell 7-x64", "7.3.3.0", "powershell"),
        ("Windows 11 Pro", "10.0.26100", "windows"),
    ],
)
def test_versions_and_processors_are_no_part_of_a_name(name, version, expected):
    found = [" ".join(each) for each in spellings(name, version)]
    assert (expected in found) is not name.startswith("Windows")
    assert len(found) == len(set(found))


def test_editions_make_two_names_similar_and_no_more():
    assert ["creative", "cloud"] in loose_spellings("Creative Cloud (desktop component)", "")
    assert ["git", "lfs"] in loose_spellings("Git LFS", "3.3.0")
    assert ["git"] not in loose_spellings("Git LFS", "3.3.0")


def test_an_installer_that_multiplies_the_last_number_does_not_hide_the_version():
    assert written_version("Python 3.11.3 (64-bit)", "3.11.3150.0") == "3.11.3"
    assert written_version("OpenVPN 2.6.6-I001 amd64", "2.6.601") == "2.6.6"
    for name, version in (("Nmap 7.93", "7.93"), ("Tool 1.2.3", "1.2.3.4"), ("Tool 1.2.3", "1.3.300")):
        assert written_version(name, version) == version


def test_versions_that_were_stored_before_get_the_keys_of_the_present_rules(app):
    installed = actions.installed_of(Component("Acme Reader Client", "", "9.1", vendor="Acme"))
    row = InstalledVersion(digest="1" * 64, name=installed.name, vendor="Acme", version="9.1")
    db.session.add(row)
    db.session.commit()
    tasks.complete_all_names()
    keys = set(db.session.scalars(db.select(InstalledName.key)))
    assert keys == set(installed.identity.keys) and "name:reader" in keys
