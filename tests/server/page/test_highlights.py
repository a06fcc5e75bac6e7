"""What is highlighted is what the service answers, and how it is reached."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.server.conftest import Server
from tests.server.page.conftest import analyse, highlights

pytestmark = pytest.mark.xdist_group("browser")

NOTE = (
    "Toma enalapril 5mg 🙂.\n\nControl de ferritina en sangre. 👩🏽‍⚕️ Toma litio.\n"
    "La Ferritina baja."
)
SENTENCES = "Toma litio 5mg.\nControl de ferritina en sangre (ferritina alta)."
"""Much like what the model was trained on."""


def answered(server: Server, text: str) -> list[dict[str, Any]]:
    with server.client() as client:
        reply = client.post("/v1/predict", json={"text": text})
    mentions: list[dict[str, Any]] = json.loads(reply.text)["mentions"]
    return mentions


@pytest.mark.parametrize("text", [NOTE, "🧪" * 40 + "a\u0301 " + NOTE, "Niega alergias."])
def test_highlights_stand_where_the_service_says(page: Page, server: Server, text: str) -> None:
    analyse(page, text)
    expected = [(m["start"], m["end"], m["text"]) for m in answered(server, text)]
    assert highlights(page) == expected
    assert page.locator("#note").evaluate("note => note.textContent") == text


def test_a_file_is_shown_byte_for_byte(page: Page, server: Server) -> None:
    text = "\ufeffToma litio 🙂.\r\n\r\nControl de insulina.\r\n"
    file = {"name": "sala 3.txt", "mimeType": "text/plain", "buffer": text.encode()}
    page.set_input_files("#files", [file])
    expect(page.locator("#document-name")).to_have_text("sala 3")
    assert page.locator("#note").evaluate("note => note.textContent") == text
    assert highlights(page) == [(m["start"], m["end"], m["text"]) for m in answered(server, text)]


def test_the_card_shows_type_score_and_position(page: Page, server: Server) -> None:
    analyse(page, NOTE)
    mentions = answered(server, NOTE)
    assert {mention["label"] for mention in mentions} == {"DRUG", "PROTEIN"}
    card = page.locator("#card")
    for place, mention in enumerate(mentions):
        mark = page.locator(".mention").nth(place)
        mark.hover()
        expect(card).to_be_visible()
        expect(card).to_contain_text(mention["label"])
        expect(card).to_contain_text(f"{mention['start']}–{mention['end']}")
        shown = float(card.locator("dd").first.inner_text().removesuffix("%"))
        assert shown == pytest.approx(100 * mention["score"], abs=0.051)
        page.mouse.move(0, 0)
        expect(card).to_be_hidden()
        tag = mark.evaluate("mark => getComputedStyle(mark, '::after').content")
        assert tag == f'"{mention["label"]}"'


def test_a_code_is_shown_where_it_is_known(page: Page) -> None:
    line = {"start": 5, "end": 10, "label": "DRUG", "text": "litio", "score": None}
    record = {"text": "Toma litio", "characters_covered": 10, "id": "note-1"}
    body = json.dumps({**record, "mentions": [{**line, "codes": ["SNOMED CT 85899009"]}]})
    page.route("/v1/predict", lambda route: route.fulfill(body=body))
    analyse(page, "Toma litio")
    page.locator(".mention").focus()
    expect(page.locator("#card dd")).to_have_text(["SNOMED CT 85899009", "5–10"])


def test_the_keyboard_goes_through_the_whole_page(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#note-text")).to_be_focused()
    page.keyboard.insert_text(NOTE)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#document-name")).to_be_focused()
    marks = page.locator(".mention")
    last = marks.count() - 1
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(marks.nth(0)).to_be_focused()
    expect(page.locator("#card")).to_be_visible()
    for key, place in (("ArrowRight", 1), ("ArrowDown", 2), ("ArrowLeft", 1), ("End", last)):
        page.keyboard.press(key)
        expect(marks.nth(place)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#card")).to_be_hidden()
    for key in ("Enter", "Space"):
        page.keyboard.press(key)
        expect(page.locator("#card")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("#card")).to_be_hidden()
    page.keyboard.press("Home")
    expect(marks.nth(0)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#substance-list button").nth(0)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".mention:focus")).to_have_count(1)


def test_a_substance_leads_to_each_of_its_mentions(page: Page, server: Server) -> None:
    far = "Sin otros hallazgos.\n" * 80
    text = f"{SENTENCES}\n{far}{SENTENCES}\n{far}"
    analyse(page, text)
    found = [(m["text"].lower(), m["label"]) for m in answered(server, text)]
    places = [at for at, each in enumerate(found) if each == ("ferritina", "PROTEIN")]
    assert len(places) >= 2
    row = page.locator("#substance-list button", has=page.get_by_text("ferritina", exact=True))
    row = row.filter(has_text="PROTEIN")
    expect(row.locator(".count")).to_have_text(str(len(places)))
    marks = page.locator(".mention")
    for turn, place in enumerate([*places, places[0]]):
        row.click()
        expect(marks.nth(place)).to_be_focused()
        expect(marks.nth(place)).to_be_in_viewport()
        shown = f"ferritina: {turn % len(places) + 1} of {len(places)}"
        expect(page.locator("#status")).to_have_text(shown)
