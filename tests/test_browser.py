"""The tools that look at pages see what they are meant to see: without this, a blind check would pass every page."""

from playwright.sync_api import Browser

from tests.browser import axe_violations, opened_page, scrolls_sideways

PAGE = "<!doctype html><html lang=en><title>A page</title><main><h1>Heading</h1>{}</main>"
NOWHERE = "http://127.0.0.1"


def test_axe_finds_a_picture_without_a_text(browser: Browser):
    with opened_page(browser, NOWHERE) as page:
        page.set_content(PAGE.format('<img src="data:,">'))
        assert [line.split(":")[0] for line in axe_violations(page)] == ["image-alt"]
        page.set_content(PAGE.format('<img src="data:," alt="A tree">'))
        assert axe_violations(page) == []


def test_a_page_wider_than_its_window_is_seen(browser: Browser):
    with opened_page(browser, NOWHERE, width=320) as page:
        page.set_content(PAGE.format('<div style="width: 400px">wide</div>'))
        assert scrolls_sideways(page)
        page.set_content(PAGE.format("<div>narrow</div>"))
        assert not scrolls_sideways(page)


def test_scripts_run_only_where_javascript_is_on(browser: Browser):
    script = PAGE.format("<p>before</p><script>document.querySelector('p').textContent = 'after'</script>")
    for javascript, expected in ((True, "after"), (False, "before")):
        with opened_page(browser, NOWHERE, javascript=javascript) as page:
            page.set_content(script)
            assert page.locator("p").inner_text() == expected


def test_the_browser_reaches_no_other_machine(browser: Browser):
    with opened_page(browser, NOWHERE) as page:
        page.set_content(
            PAGE.format('<script>fetch("https://example.org").catch(() => { document.title = "no" })</script>')
        )
        page.wait_for_function("document.title === 'no'")
