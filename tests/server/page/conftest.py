"""The real page, from the real server, in headless Chromium."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.server.conftest import Server

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 120_000
"""Milliseconds that a condition is polled for, on a machine that does other things too."""

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium; without it the tests are skipped, where CI is set they fail.

    It ends with this package's tests: while playwright runs, no other test can run an event loop.
    """
    if not CHROMIUM.exists() and not os.environ.get("CI"):
        pytest.skip(f"{CHROMIUM} is not here: apt-get install chromium; with CI set this fails")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=CHROMIUM, args=FLAGS, timeout=PATIENCE
        )
        yield launched
        launched.close()


class Opened:
    """A page with what went wrong in it and every address that it asked."""

    def __init__(self, context: BrowserContext) -> None:
        self.page: Page = context.new_page()
        self.errors: list[str] = []
        self.asked: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda said: self._hear(said.text))
        context.on("request", lambda request: self.asked.append(request.url))

    def _hear(self, said: str) -> None:
        """Chromium itself says of every refused request that it failed; that is no error here."""
        if not said.startswith("Failed to load resource: the server responded"):
            self.errors.append(said)


@pytest.fixture
def options() -> dict[str, object]:
    """What the browser's context is made with; a test may ask for another by parameter."""
    return {"viewport": {"width": 1280, "height": 860}, "reduced_motion": "reduce"}


@pytest.fixture
def context(
    browser: Browser, server: Server, options: dict[str, object]
) -> Iterator[BrowserContext]:
    opened = browser.new_context(base_url=server.url, accept_downloads=True, **options)
    opened.set_default_timeout(PATIENCE)
    opened.grant_permissions(["clipboard-read", "clipboard-write"])
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext, server: Server) -> Iterator[Page]:
    """The page in English, which must say no error and ask nobody else."""
    opened = Opened(context)
    opened.page.goto("/?lang=en")
    expect(opened.page.locator("#model")).to_contain_text("DRUG, PROTEIN")
    yield opened.page
    assert opened.errors == []
    assert all(url.startswith((server.url, "blob:")) for url in opened.asked)


def analyse(page: Page, text: str) -> None:
    page.fill("#note-text", text)
    page.click("#analyse")
    expect(page.locator("#results")).to_be_visible()


HIGHLIGHTS = """note => [...note.querySelectorAll('.mention')].map(mark => {
  const before = document.createRange();
  before.setStart(note, 0);
  before.setEndBefore(mark);
  return [before.toString(), mark.textContent];
})"""


def highlights(page: Page) -> list[tuple[int, int, str]]:
    """Start, end and text of each highlight, in code points of what the note's element shows."""
    found = page.locator("#note").evaluate(HIGHLIGHTS)
    return [(len(before), len(before) + len(text), text) for before, text in found]
