"""A real browser: Debian's Chromium, driven by Playwright, looking at a real server with the demo data."""

import os
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.databases import ROOT, SAMNOD
from tests.session import once, session_folder

_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A page that asks another machine for anything gets no answer, here as on a visitor's closed network.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
# WCAG 2.0 to 2.2, levels A and AA, as axe-core tags its rules.
_AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]

# Whether the test that runs now is one of the long ones: conftest.py says so.
is_long = False


def chromium() -> str:
    """Return where Chromium is; without it the browser tests fail, and say how to install it."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert found, "The browser tests need Chromium on the PATH. On Debian: apt-get install chromium fonts-dejavu-core"
    return found


@contextmanager
def started_browser() -> Iterator[Browser]:
    """Give a running Chromium, closed after the block."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=_ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def opened_page(
    browser: Browser, base_url: str, *, javascript: bool = True, width: int = 1280, dark: bool = False
) -> Iterator[Page]:
    """Give a page `width` CSS pixels wide in a profile of its own, and fail if a script or the CSP complained."""
    context: BrowserContext = browser.new_context(
        base_url=base_url,
        java_script_enabled=javascript,
        viewport={"width": width, "height": 800},
        locale="sv-SE",
        timezone_id="Europe/Stockholm",
        color_scheme="dark" if dark else "light",
    )
    context.set_default_timeout(10_000)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if "Content Security Policy" in line.text else None)
    yield page
    context.close()
    assert complaints == []


def axe_violations(page: Page, *, colours: bool | None = None) -> list[str]:
    """Return what axe-core finds against WCAG A and AA on the page as it now stands, one line an element.

    Measuring contrast takes more than half of the time, and pages are painted with the same few colours. So each time
    it is done where a test says so, on one page of each sort, and in the long tests everywhere.
    """
    _settled(page)
    options = {
        "runOnly": {"type": "tag", "values": _AXE_RULES},
        "rules": {"color-contrast": {"enabled": is_long if colours is None else colours}},
        # What is in order need not be described: that takes as long as finding it.
        "resultTypes": ["violations"],
    }
    return [
        f"{violation['id']}: {node['html']}"
        for violation in Axe().run(page, options=options).response["violations"]
        for node in violation["nodes"]
    ]


def _settled(page: Page) -> None:
    """Wait until the page is whole, painted and at rest.

    A click returns before the answer's style sheets are there and before what has `autofocus` is scrolled to; axe then
    measures one thing before and its neighbour after, and says that they lie upon each other.
    """
    page.wait_for_load_state()
    page.evaluate(
        """async () => {
            const frame = () => new Promise(requestAnimationFrame);
            await document.fonts.ready;
            await frame();
            await frame();
            const passing = document.getAnimations().filter(one => one.effect.getComputedTiming().endTime !== Infinity);
            await Promise.allSettled(passing.map(one => one.finished));
        }"""
    )


def scrolls_sideways(page: Page) -> bool:
    """Tell whether the page is wider than its window."""
    page.wait_for_load_state()
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def live_server_url() -> str:
    """Return the address of the run's server, started with the demo data by the first test that needs it."""
    return str(once("live-server", _start_server)["url"])


def _start_server() -> dict[str, Any]:
    var = session_folder() / "live"
    var.mkdir()
    # Imported here: a test without a browser need not load, or wait for, the whole house.
    from tests.demo_data import demo_at_work

    demo_at_work(var)
    port = free_port()
    log = var / "server.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [SAMNOD, "serve", "--host", "127.0.0.1", "--port", str(port)],
            cwd=ROOT,
            env=os.environ
            | {"SAMNOD_VAR_DIR": str(var), "SAMNOD_DATABASE_URL": "", "PYTHONWARNINGS": "default"}
            # All the tests together ask more often than one visitor may.
            | {"SAMNOD_RATE_LIMITS": "off"},
            stdout=output,
            stderr=output,
        )
    url = f"http://127.0.0.1:{port}"
    _wait_for(url, server, log)
    # Whoever closes the session ends the server. Python need not warn that this process leaves it running.
    server.returncode = 0
    return {"url": url, "pid": server.pid}


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and server.poll() is None:
        try:
            if httpx.get(f"{url}/readyz").is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    server.kill()
    raise AssertionError(f"the server did not start: {log.read_text()}")


def free_port(count: int = 1) -> int:
    """Return a port that nothing on this machine listens on, the first of `count` in a row.

    It is below those that a system gives to whoever asks for any: whoever wants it listens some time later, and until
    then another could be given it.
    """
    for first in random.SystemRandom().sample(range(10_000, 32_000, count), 50):
        if all(is_free(first + number) for number in range(count)):
            return first
    raise AssertionError(f"no {count} free ports in a row")


def is_free(port: int) -> bool:
    """Tell whether nothing on this machine listens on a port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError as fault:
        return isinstance(fault, ConnectionRefusedError)
    return False
