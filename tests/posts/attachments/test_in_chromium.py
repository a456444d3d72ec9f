"""Attachments in real Chromium: paste a screenshot, drop a log, a log over the limit by one click."""

import base64

import pytest

from tests import browsing
from tests.posts.attachments.files import picture
from tests.test_browser import browser, site  # noqa: F401  (fixtures)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(browsing.CHROMIUM is None, reason="no Chromium on this machine"),
]
SEND = """([kind, name, type, data]) => {
    const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], name, { type }));
    const options = { bubbles: true, cancelable: true };
    const event = kind === 'paste' ? new ClipboardEvent('paste', { ...options, clipboardData: transfer })
        : new DragEvent('drop', { ...options, dataTransfer: transfer });
    document.querySelector('[name=body]').dispatchEvent(event);
}"""
TEXT = "The setup stops with this picture, which says more than I could write."


def send(page, kind, name, media_type, data):
    page.evaluate(SEND, [kind, name, media_type, base64.b64encode(data).decode()])


def until_text(page, part):
    """Wait until the text has this part; the page forbids the eval that wait_for_function needs."""
    for _try in range(200):
        if part in page.input_value("[name=body]"):
            return
        page.wait_for_timeout(100)
    raise AssertionError(page.inner_text("[data-attach-status]"))


def test_paste_drop_and_one_click(site, browser, login, member):
    context, cookie = browser.new_context(), login(member).get_cookie("session")
    context.add_cookies([{"name": "session", "value": cookie.value, "url": site}])
    page = context.new_page()
    page.goto(f"{site}/questions/ask")
    page.wait_for_selector("[data-tool]")
    page.wait_for_selector("[value=attach]", state="hidden")
    page.fill("[name=title]", "Why does setup stop at 87 percent?")
    page.fill("[name=tags]", "patching")
    page.focus("[name=body]")
    page.keyboard.insert_text(TEXT)
    send(page, "paste", "image.png", "image/png", picture(size=(300, 200)))
    until_text(page, "](/attachments/")
    page.keyboard.insert_text("A red dialog")  # the description was selected
    assert "![A red dialog](/attachments/" in page.input_value("[name=body]")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert page.input_value("[name=body]") == TEXT
    page.keyboard.press("Control+Shift+z")
    send(page, "drop", "setup.log", "text/plain", b"line 1\nline 2\n")
    until_text(page, "[setup.log](")
    page.click("[data-preview-button]")
    shown = page.wait_for_selector("[data-preview] img")
    assert shown.evaluate("(image) => image.decode().then(() => image.naturalWidth)") == 300
    page.click("main .button-primary")
    page.wait_for_url("**/questions/*/*")
    address = page.get_attribute(".prose img", "src")
    assert page.query_selector(".prose a[href$='/setup.log/lines']")
    question = page.url
    page.goto(f"{site}/questions")
    assert page.query_selector("img.row-picture")
    page.goto(question)
    page.click("a[href$='/delete']")
    page.click("main form .button-danger, main form .button-primary")
    page.wait_for_load_state()
    other = browser.new_context().new_page()
    assert other.goto(site + address).status == 404

    page.goto(f"{site}/questions/ask")
    page.wait_for_selector("[value=attach]", state="hidden")
    log = "".join(f"2026-11-30 10:00:00 error 0x{n:08x}\n" for n in range(1_600))
    page.fill("[name=body]", f"{TEXT}\n\n```\n{log}```\n")
    assert len(log) > 57_000
    assert "30,000" in page.inner_text("[data-attach-status]")
    page.click("[data-attach-text]")
    page.wait_for_load_state()
    assert page.input_value("[name=body]").startswith(f"{TEXT}\n\n[log.txt](/attachments/")
    assert len(page.input_value("[name=body]")) < 300
    context.close()
