"""Phone width, dark mode, accessibility and keys, in both languages."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from pharmaner.server.app import PAGE
from pharmaner.server.security import new_key
from tests.server.conftest import Server, start
from tests.server.page.conftest import PATIENCE, analyse, highlights
from tests.server.page.test_highlights import NOTE, SENTENCES

pytestmark = pytest.mark.xdist_group("browser")

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 860}}


@pytest.fixture(params=[("desk", "light"), ("desk", "dark"), ("phone", "light"), ("phone", "dark")])
def options(request: pytest.FixtureRequest) -> dict[str, object]:
    size, scheme = request.param
    screen = PHONE if size == "phone" else DESK
    return {**screen, "color_scheme": scheme, "reduced_motion": "reduce"}


def violations(page: Page) -> list[str]:
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [f"{each['id']}: {[node['html'] for node in each['nodes']]}" for each in found]


def assert_fits(page: Page) -> None:
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.evaluate("document.documentElement.clientWidth")


def assert_fits_in_both_languages(page: Page) -> None:
    usual = page.viewport_size
    assert usual is not None
    for code in ("es", "en"):
        page.click(f"[data-language={code}]")
        assert_fits(page)
        page.set_viewport_size({"width": 320, "height": 640})  # WCAG 2.2, 1.4.10
        assert_fits(page)
        page.set_viewport_size(usual)


def assert_cards_fit(page: Page, is_touched: bool) -> None:
    card = page.locator("#card")
    for mark in page.locator(".mention").all():
        if is_touched:
            mark.tap()
        else:
            mark.focus()
        expect(card).to_be_visible()
        box = card.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= page.evaluate("document.documentElement.clientWidth")
        assert_fits(page)
        if is_touched:
            card.tap()
            expect(card).to_be_hidden()


def test_every_state_is_accessible_and_fits(page: Page, options: dict[str, object]) -> None:
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    channels = [int(value) for value in re.findall(r"\d+", ground)]
    assert max(channels) < 60 if options["color_scheme"] == "dark" else min(channels) > 200
    page.click("#analyse")
    expect(page.locator("#alert")).to_be_visible()
    assert_fits_in_both_languages(page)
    assert violations(page) == []
    analyse(page, NOTE)
    page.click("#new-note")
    analyse(page, f"{'x' * 300} {SENTENCES}")
    assert_fits_in_both_languages(page)
    page.click("#export summary")
    assert_fits(page)
    assert violations(page) == []
    page.keyboard.press("Escape")
    assert_cards_fit(page, is_touched="has_touch" in options)
    page.locator(".mention").last.focus()
    assert violations(page) == []


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_all_eight_types_can_be_read(scheme: int) -> None:
    """WCAG 2.2: 4.5 for text, on the note's ground and on each type's own."""
    block = re.findall(r":root \{(.*?)\}", (PAGE / "theme.css").read_text(), re.DOTALL)[scheme]
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})\b", block))
    for place in range(8):
        ink, ground = colours[f"type-{place}"], colours[f"type-{place}-ground"]
        assert contrast(ink, ground) >= 4.5
        assert contrast(colours["ink"], ground) >= 4.5
        assert contrast(ink, colours["surface"]) >= 4.5


@pytest.fixture
def keyed(trained: Path, tmp_path: Path) -> Iterator[tuple[Server, str]]:
    key, digest = new_key()
    config = tmp_path / "serve.toml"
    config.write_text(f'[keys]\nward = "{digest}"\n')
    running = start(tmp_path, "--model", trained, "--config", config)
    yield running, key
    running.process.kill()
    running.process.wait()


def test_a_service_with_keys_asks_for_one(browser: Browser, keyed: tuple[Server, str]) -> None:
    server, key = keyed
    with browser.new_context(base_url=server.url) as context:
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.goto("/?lang=en")
        expect(page.locator("#key-value")).to_be_focused()
        expect(page.locator("#alert")).to_be_hidden()
        assert violations(page) == []
        page.fill("#key-value", "wrong")
        page.keyboard.press("Enter")
        expect(page.locator("#alert")).to_have_text("The key is not valid.")
        page.fill("#key-value", "copied\u2013from a mail")
        page.keyboard.press("Enter")
        expect(page.locator("#alert")).to_have_text("The key is not valid.")
        page.fill("#key-value", key)
        page.keyboard.press("Enter")
        expect(page.locator("#model")).to_contain_text("DRUG, PROTEIN")
        expect(page.locator("#key")).to_be_hidden()
        analyse(page, "Toma litio")
        assert [text for *_, text in highlights(page)] == ["litio"]
        stored = "[localStorage.length, sessionStorage.length, document.cookie]"
        assert page.evaluate(stored) == [0, 0, ""]
        server.stop()
        page.click("#new-note")
        page.fill("#note-text", "Toma sodio")
        page.click("#analyse")
        expect(page.locator("#alert")).to_contain_text("The service does not answer.")
