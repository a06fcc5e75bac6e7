"""What the server answers is what the tagger predicts offline."""

import io
import json
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from pharmaner.document import Document
from pharmaner.report.json_lines import json_line
from pharmaner.tagger import Tagger
from tests.server.conftest import Server, assert_same, start

DRUGS = ["enalapril", "sodio", "omeprazol", "litio"]
PROTEINS = ["albúmina", "ferritina", "insulina", "mioglobina"]


def note(client: int, number: int) -> str:
    drug, protein = DRUGS[client % 4], PROTEINS[(client // 4 + number) % 4]
    filler = " Sin otros hallazgos." * (number * client % 7)
    return f"Nota {client}-{number}.{filler}\r\nToma {drug} {number}mg 🙂. Control de {protein}."


def records(reply: httpx.Response) -> list[dict[str, object]]:
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"] == "application/x-ndjson"
    assert reply.text == "" or reply.text.endswith("\n")
    return [json.loads(line) for line in reply.text.split("\n")[:-1]]


def packed(members: dict[str, str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return stream.getvalue()


def ask_for_text(client: httpx.Client, texts: dict[str, str]) -> list[dict[str, object]]:
    replies = [client.post("/v1/predict", json={"text": text}) for text in texts.values()]
    found = [record for reply in replies for record in records(reply)]
    assert {record["id"] for record in found} == {"text"}
    return [{**record, "id": name} for record, name in zip(found, texts, strict=True)]


def ask_for_documents(client: httpx.Client, texts: dict[str, str]) -> list[dict[str, object]]:
    documents = [{"id": name, "text": text} for name, text in texts.items()]
    return records(client.post("/v1/predict", json={"documents": documents}))


def ask_for_file(client: httpx.Client, texts: dict[str, str]) -> list[dict[str, object]]:
    uploads = [{"file": (f"{name}.txt", text.encode())} for name, text in texts.items()]
    replies = [client.post("/v1/predict/file", files=upload) for upload in uploads]
    return [record for reply in replies for record in records(reply)]


def ask_for_zip(client: httpx.Client, texts: dict[str, str]) -> list[dict[str, object]]:
    content = packed({f"sala/{name}.txt": text for name, text in texts.items()})
    return records(client.post("/v1/predict/file", files={"file": ("notes.zip", content)}))


Ask = Callable[[httpx.Client, dict[str, str]], list[dict[str, object]]]
WAYS: list[Ask] = [ask_for_text, ask_for_documents, ask_for_file, ask_for_zip]


def test_32_clients_at_once_each_get_their_own_predictions(server: Server, tagger: Tagger) -> None:
    texts = {c: {f"n-{c}-{n}": note(c, n) for n in range(6)} for c in range(32)}

    def ask(number: int) -> list[dict[str, object]]:
        with server.client() as client:
            return WAYS[number % 4](client, texts[number])

    with ThreadPoolExecutor(32) as clients:
        answers = list(clients.map(ask, range(32)))
    for number, answer in enumerate(answers):
        assert [record["id"] for record in answer] == list(texts[number])
        for record, (name, text) in zip(answer, texts[number].items(), strict=True):
            (prediction,) = tagger.predict_documents([Document(name, text)])
            assert prediction.document.mentions
            assert_same(record, prediction)


def test_the_reply_is_the_line_that_predict_writes(client: httpx.Client, tagger: Tagger) -> None:
    text = "Toma litio.\nControl de insulina."
    (prediction,) = tagger.predict_documents([Document("text", text)])
    assert client.post("/v1/predict", json={"text": text}).text == json_line(prediction) + "\n"


@pytest.mark.parametrize("text", ["", " ", "\n\r\n", "\ufeffToma litio", "a\u0301" * 40, "🙂🙂"])
@pytest.mark.parametrize("ask", WAYS)
def test_odd_texts_come_back_code_point_by_code_point(
    client: httpx.Client, tagger: Tagger, ask: Ask, text: str
) -> None:
    (record,) = ask(client, {"odd": text})
    (prediction,) = tagger.predict_documents([Document("odd", text)])
    assert_same(record, prediction)


def test_no_documents_no_lines(client: httpx.Client) -> None:
    assert records(client.post("/v1/predict", json={"documents": []})) == []


def test_the_model_describes_itself(client: httpx.Client, trained: Path) -> None:
    described = client.get("/v1/model").json()
    manifest = json.loads((trained / "manifest.json").read_text())
    assert described["labels"] == ["DRUG", "PROTEIN"]
    assert described["scores"] == manifest["metrics"]["dev"]
    assert described["card"] == (trained / "README.md").read_text()
    assert described["limits"]["body_bytes"] == 4 * 2**20


def sample(client: httpx.Client, name: str) -> float:
    lines = client.get("/metrics").text.splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{name} "))


def test_metrics_count_what_was_sent(client: httpx.Client) -> None:
    answered = 'pharmaner_requests_total{method="POST",route="/v1/predict",status="200"}'
    refused = 'pharmaner_requests_total{method="POST",route="/v1/predict",status="422"}'
    timed = 'pharmaner_request_seconds_count{route="/v1/predict"}'
    names = [answered, refused, timed, "pharmaner_documents_total", "pharmaner_characters_total"]
    before = [sample(client, name) for name in names]
    documents = [{"id": "a", "text": "Toma litio 🙂"}, {"id": "b", "text": "áé"}]
    client.post("/v1/predict", json={"documents": documents})
    client.post("/v1/predict", json={"text": "Toma sodio"})
    client.post("/v1/predict", json={"text": 5})
    after = [sample(client, name) for name in names]
    assert [b - a for a, b in zip(before, after, strict=True)] == [2, 1, 3, 3, 12 + 2 + 10]
    assert sample(client, "pharmaner_queue_requests") == 0
    assert sample(client, "pharmaner_queue_characters") == 0


def test_a_dictionary_gives_mentions_their_codes(trained: Path, tmp_path: Path) -> None:
    (tmp_path / "drugs.tsv").write_text("litio\tATC:N05AN01\n")
    options = ("--model", trained, "--dictionary", f"DRUG={tmp_path / 'drugs.tsv'}")
    server = start(tmp_path, *options)
    with server.client() as client:
        (record,) = records(client.post("/v1/predict", json={"text": "Toma litio 5mg."}))
    assert server.stop() == 0
    (mention,) = record["mentions"]  # type: ignore[misc]
    assert (mention["text"], mention["codes"]) == ("litio", ["ATC:N05AN01"])
