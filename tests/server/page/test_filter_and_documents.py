"""Filtering by type and score, several documents, languages, refusals."""

import io
import zipfile

import pytest
from playwright.sync_api import Page, Route, expect

from tests.server.conftest import Server
from tests.server.page.conftest import analyse, highlights
from tests.server.page.test_highlights import NOTE, SENTENCES, answered
from tests.server.test_predictions import packed

pytestmark = pytest.mark.xdist_group("browser")


def set_minimum(page: Page, percent: int) -> None:
    slider = page.locator("#minimum")
    slider.evaluate(
        "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input')); }",
        percent,
    )
    expect(page.locator("#minimum-shown")).to_have_text(f"{percent}%")


def test_types_are_filtered(page: Page, server: Server) -> None:
    analyse(page, NOTE)
    mentions = answered(server, NOTE)
    for label in ("DRUG", "PROTEIN"):
        chip = page.locator("#type-list label", has_text=label)
        count = sum(mention["label"] == label for mention in mentions)
        expect(chip.locator(".count")).to_have_text(str(count))
        chip.click()
        others = [(m["start"], m["end"], m["text"]) for m in mentions if m["label"] != label]
        assert highlights(page) == others
        names = {(m["label"], m["text"].lower()) for m in mentions if m["label"] != label}
        expect(page.locator("#substance-list li")).to_have_count(len(names))
        assert page.locator("#note").evaluate("note => note.textContent") == NOTE
        chip.click()
    assert len(highlights(page)) == len(mentions)


def test_low_scores_are_filtered(page: Page, server: Server) -> None:
    analyse(page, NOTE)
    scores = [mention["score"] for mention in answered(server, NOTE)]
    for percent in (0, 90, 99, 100):
        set_minimum(page, percent)
        assert len(highlights(page)) == sum(score >= percent / 100 for score in scores)
    expect(page.locator("#minimum")).to_have_attribute("aria-valuetext", "100%")


def test_several_documents(page: Page, server: Server) -> None:
    texts = {"alta": "Toma litio.", "b": f"{SENTENCES} Toma sodio."}
    members = {f"{name}.txt": text for name, text in texts.items()}
    archive = {"name": "n.zip", "mimeType": "application/zip", "buffer": packed(members)}
    single = {"name": "alta.txt", "mimeType": "text/plain", "buffer": b"Toma enalapril"}
    page.set_input_files("#files", [archive, single])
    names = page.locator("#document-list .name")
    expect(names).to_have_text(["alta", "b", "alta-2"])
    page.locator("#document-list button").nth(1).click()
    expect(page.locator("#document-name")).to_have_text("b")
    assert page.locator("#note").evaluate("note => note.textContent") == texts["b"]
    found = {(m["label"], m["text"].lower()) for m in answered(server, texts["b"])}
    expect(page.locator("#substance-list li")).to_have_count(len(found))
    page.click("[data-scope=all]")
    lithium = page.locator("#substance-list button", has_text="litio")
    expect(lithium.locator(".count")).to_have_text("2")
    for name in ("alta", "b"):
        lithium.click()
        expect(page.locator("#document-name")).to_have_text(name)
        expect(page.locator(".mention:focus")).to_have_text("litio")
    page.click("#remove")
    expect(names).to_have_text(["alta", "alta-2"])
    page.click("#new-note")
    analyse(page, "Toma sodio")
    expect(names).to_have_text(["alta", "alta-2", "note-1"])
    page.click("#edit")
    expect(page.locator("#note-text")).to_have_value("Toma sodio")
    analyse(page, "Toma omeprazol")
    expect(names).to_have_text(["alta", "alta-2", "note-1"])
    assert [text for *_, text in highlights(page)] == ["omeprazol"]


def test_a_dropped_file_is_read(page: Page) -> None:
    drop = """() => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(["Toma litio"], "caída.txt", {type: "text/plain"}));
      for (const type of ["dragover", "drop"]) {
        const event = new DragEvent(type, {dataTransfer, bubbles: true, cancelable: true});
        document.querySelector("#editor").dispatchEvent(event);
      }
    }"""
    page.evaluate(drop)
    expect(page.locator("#document-name")).to_have_text("caída")
    assert highlights(page) == [(5, 10, "litio")]


def test_a_file_keeps_the_name_that_a_form_cannot_spell(page: Page) -> None:
    name = 'nota "A" 100%.txt'
    file = {"name": name, "mimeType": "text/plain", "buffer": b"Toma litio"}
    page.set_input_files("#files", [file])
    expect(page.locator("#document-name")).to_have_text('nota "A" 100%')


def test_a_folder_that_is_dropped_is_said_to_be_no_file(page: Page) -> None:
    """A folder's entry fails when it is read, which a page cannot make by itself."""
    reject = "() => Promise.reject(new Error('folder'))"
    page.evaluate(f"() => {{ Blob.prototype.arrayBuffer = {reject}; }}")
    page.set_input_files("#files", [{"name": "f", "mimeType": "", "buffer": b""}])
    expect(page.locator("#alert")).to_contain_text(".txt and .zip")


def test_the_sample_note(page: Page) -> None:
    page.click("#sample")
    expect(page.locator("#note-text")).not_to_have_value("")
    page.click("#analyse")
    expect(page.locator("#note")).to_contain_text("Informe de alta.")


def test_both_languages(page: Page) -> None:
    analyse(page, NOTE)
    for code, heading, privacy in (
        ("es", "Sustancias", "El texto no sale de este equipo"),
        ("en", "Substances", "The text never leaves this machine"),
    ):
        page.click(f"[data-language={code}]")
        expect(page.locator("#substances-heading")).to_have_text(heading)
        expect(page.locator("#privacy")).to_have_text(privacy)
        expect(page.locator("html")).to_have_attribute("lang", code)
        expect(page.locator("#note")).to_have_attribute("lang", "es")
        assert page.locator("[data-text]:text-is('')").count() == 0
        assert "undefined" not in page.locator("body").inner_text()
        page.reload()
        expect(page.locator("html")).to_have_attribute("lang", code)
        analyse(page, NOTE)
    keys = """async () => {
      const [es, en] = await Promise.all(["/es.js", "/en.js"].map((file) => import(file)));
      const names = ({default: texts}) => Object.entries(texts).flatMap(([name, value]) =>
        typeof value === "object" ? Object.keys(value).map((key) => `${name}.${key}`) : [name]);
      return [names(es), names(en)];
    }"""
    spanish, english = page.evaluate(keys)
    assert spanish == english


def test_refusals_are_explained(page: Page) -> None:
    alert = page.locator("#alert")
    page.click("#analyse")
    expect(alert).to_have_text("There is no text to analyse.")
    wrong = [
        ("a.pdf", b"x", ".txt and .zip files are accepted. "),
        ("a.txt", b"alb\xfamina", "The file cannot be read: "),
        ("a.txt", b"x" * 200_001, "The text or the file is too large. "),
    ]
    for name, content, message in wrong:
        file = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
        page.set_input_files("#files", [file])
        expect(alert).to_contain_text(message)
    stream = io.BytesIO()
    zipfile.ZipFile(stream, "w").close()
    empty = {"name": "n.zip", "mimeType": "application/zip", "buffer": stream.getvalue()}
    page.set_input_files("#files", [empty])
    expect(alert).to_have_text("The file holds no .txt.")
    analyse(page, "Toma litio")
    expect(alert).to_be_hidden()


def test_one_bad_file_is_named_and_the_others_are_shown(page: Page) -> None:
    contents = {"a.txt": b"Toma litio", "mala.txt": b"alb\xfamina", "b.txt": b"Toma sodio"}
    files = [
        {"name": name, "mimeType": "text/plain", "buffer": content}
        for name, content in contents.items()
    ]
    page.set_input_files("#files", files)
    expect(page.locator("#document-list .name")).to_have_text(["a", "b"])
    expect(page.locator("#alert")).to_contain_text("mala.txt: The file cannot be read")


def test_a_document_removed_while_its_edit_is_analysed_takes_no_other_with_it(page: Page) -> None:
    names = page.locator("#document-list .name")
    for text in ("Toma litio", "Toma sodio"):
        if page.locator("#results").is_visible():
            page.click("#new-note")
        analyse(page, text)
    page.locator("#document-list button").first.click()
    page.click("#edit")
    page.fill("#note-text", "Toma omeprazol")
    held: list[Route] = []
    page.route("**/v1/predict", lambda route: held.append(route))
    page.click("#analyse")
    page.click("#back")
    page.click("#remove")
    expect(names).to_have_text(["note-2"])
    while not held:
        page.wait_for_timeout(50)
    held[0].continue_()
    expect(names).to_have_text(["note-2", "note-1"])


@pytest.mark.parametrize("language", ["constructor", "toString", "__proto__", "fr", ""])
def test_a_language_that_is_none_is_spanish(page: Page, language: str) -> None:
    page.goto(f"/?lang={language}")
    expect(page.locator("#model")).to_contain_text("DRUG, PROTEIN")
    expect(page.locator("html")).to_have_attribute("lang", "es")


def test_what_is_asked_meanwhile_is_answered(page: Page) -> None:
    page.evaluate("""() => {
      const send = window.fetch;
      window.fetch = async (...asked) => {
        await new Promise((resume) => { window.resume = resume; });
        return send(...asked);
      };
    }""")
    page.fill("#note-text", SENTENCES)
    page.click("#analyse")
    expect(page.locator("#status")).to_have_text("Analysing…")
    page.click("#analyse")
    expect(page.locator("#status")).to_have_text("Still analysing; one at a time.")
    page.evaluate("window.resume()")
    expect(page.locator("#results")).to_be_visible()


def test_what_is_typed_is_kept_until_it_is_analysed(page: Page) -> None:
    field = page.locator("#note-text")
    analyse(page, "Toma litio")
    page.click("#new-note")
    expect(field).to_have_value("")
    field.fill("Toma sod")
    page.click("#back")
    page.click("#edit")
    expect(field).to_have_value("Toma litio")
    field.fill("Toma litio y")
    page.click("#back")
    page.click("#edit")
    expect(field).to_have_value("Toma litio y")
    page.click("#back")
    page.click("#new-note")
    expect(field).to_have_value("Toma sod")
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.click("#sample")
    expect(field).to_have_value("Toma sod")
    page.once("dialog", lambda dialog: dialog.accept())
    page.click("#sample")
    expect(field).not_to_have_value("Toma sod")
    held: list[Route] = []
    page.route("**/v1/predict", lambda route: held.append(route))
    page.click("#analyse")
    expect(field).not_to_be_editable()
    while not held:
        page.wait_for_timeout(50)
    held[0].continue_()
    expect(page.locator("#document-list .name")).to_have_count(2)
    expect(field).to_be_editable()
