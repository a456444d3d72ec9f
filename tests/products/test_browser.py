"""The product pages in real Chromium: no finding of axe, wide or narrow, and all of it without scripts."""

import json
from datetime import date, timedelta

import pytest

from products import actions, names, queries
from tests import browsing
from tests.test_browser import browser, check_with, site  # noqa: F401  (fixtures)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(browsing.CHROMIUM is None, reason="no Chromium on this machine"),
]
TODAY = date.today()


@pytest.fixture
def debian(make_product, moderator):
    releases = {
        "13": {
            "released_on": date(2025, 8, 9),
            "active": TODAY + timedelta(days=20),
            "security": TODAY + timedelta(days=80),
            "extension": False,
            "lts": True,
        },
        "12": {"released_on": date(2020, 1, 1), "security": TODAY - timedelta(days=3)},
        "11": {"released_on": date(2018, 1, 1), "security": True},
    }
    make_product("debian", releases, name="Debian", vendor="SPI", names=[names.parse("cpe:2.3:o:d:linux")])
    product = queries.full("debian")
    actions.edit(product.releases[0], {"security": TODAY + timedelta(days=60)}, by=moderator)
    actions.merge(product.releases[0], {"security": TODAY + timedelta(days=70)}, source="elsewhere")
    return product


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.long)])
@pytest.mark.parametrize("javascript", [True, False])
def test_pick_upload_and_edit(app, site, browser, login, moderator, debian, tmp_path, scheme, javascript):
    cookie = login(moderator).get_cookie("session").value
    context = browser.new_context(
        java_script_enabled=javascript,
        color_scheme=scheme,
        viewport={"width": 375 if scheme == "dark" else 1280, "height": 900},
    )
    context.add_cookies([{"name": "session", "value": cookie, "url": site}])
    page = context.new_page()
    page.goto(f"{site}/products/debian")
    page.select_option("#f-release", "13")
    browsing.press(page, "text=Add to my products")
    assert "In your products" in page.inner_text("aside")
    check_with(page, javascript)
    page.goto(f"{site}/settings/products?q=deb")
    check_with(page, javascript)
    browsing.press(page, "text=Create my calendar")
    assert "/my/" in page.inner_text(".secret-address")
    file = tmp_path / "bom.json"
    file.write_text(
        json.dumps(
            {
                "bomFormat": "CycloneDX",
                "components": [
                    {"name": "Debian", "version": "12.1"},
                    {"name": "Debian"},
                    {"name": "unheard-of"},
                ],
            }
        )
    )
    page.set_input_files("#f-sbom", file)
    browsing.press(page, "text=Check file")
    check_with(page, javascript)
    browsing.press(page, "text=Add selected")
    assert page.locator("table tbody tr").count() == 3
    edit = f"/products/debian/releases/{debian.releases[0].id}/edit"
    for path in (
        "/products",
        "/products?q=nothinglikethis",
        "/lifecycle",
        "/lifecycle?days=1&category=x",
        "/products/debian/history",
        "/products/debian/edit",
        edit,
        "/products/new",
        "/products/conflicts",
        "/",
    ):
        page.goto(site + path)
        check_with(page, javascript)
    page.goto(site + edit)
    page.fill("#f-security", "soon")
    browsing.press(page, "text=Save")
    assert "YYYY-MM-DD" in page.inner_text("#f-security-error")
    check_with(page, javascript)
