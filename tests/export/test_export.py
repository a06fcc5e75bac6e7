"""An exported folder predicts what the trained one does, and says what was measured."""

import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import numpy_helper
from safetensors.numpy import load_file

from pharmaner.backends import usable_backends
from pharmaner.document import Document, Mention
from pharmaner.encoders.onnx_parameters import (
    read_initialisers,
    read_parameters,
    relocate_in_int8,
)
from pharmaner.encoders.source import find_encoder
from pharmaner.errors import ModelFolderError, RecipeError
from pharmaner.export.export import export_model
from pharmaner.export.int8 import write_int8
from pharmaner.export.parity import compare_int8, compare_spans
from pharmaner.model_folder import open_model_folder
from pharmaner.prediction.onnx_backend import OnnxBackend
from pharmaner.prediction.processor import saturates_int8
from pharmaner.storage import sha256
from pharmaner.tagger import Tagger


def manifest_of(folder: Path) -> dict:
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def test_emissions_are_those_of_torch_for_any_length(
    trained: Path, exported: Path, small_corpus: list[Document]
) -> None:
    long = Document("long", " ".join(document.text for document in small_corpus) * 3)
    documents = [*small_corpus, long, Document("word", "litio"), Document("empty", "")]
    torch, graph = (Tagger.load(folder)._predictor for folder in (trained, exported))
    assert isinstance(graph.backend, OnnxBackend)
    pairs = zip(torch.emissions(documents), graph.emissions(documents), strict=True)
    for expected, found in pairs:
        assert found.words == expected.words
        np.testing.assert_allclose(found.scores, expected.scores, atol=1e-4)
    alone = [next(graph.emissions([document])).scores for document in documents]
    together = [emissions.scores for emissions in graph.emissions(reversed(documents))]
    for first, second in zip(alone, reversed(together), strict=True):
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(("windows", "pieces"), [(1, 3), (3, 24), (5, 1)])
def test_the_graph_scores_windows_of_one_length_together_as_torch_does(
    windows: int, pieces: int, trained: Path, exported: Path
) -> None:
    rows = np.random.default_rng(0).integers(5, 30, (windows, pieces))
    expected = Tagger.load(trained)._predictor.backend.log_probabilities(list(rows))
    session = onnxruntime.InferenceSession(exported / "model.onnx")
    (logits,) = session.run(["logits"], {"input_ids": rows})
    scores = logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)
    np.testing.assert_allclose(scores, expected, atol=1e-4)


def test_the_folder_is_a_model_folder_with_one_graph_file(exported: Path, trained: Path) -> None:
    before, after = manifest_of(trained), manifest_of(exported)
    expected = set(before["files"]) - {"model.safetensors"} | {"model.onnx", "parameters.json"}
    assert set(after["files"]) == expected
    assert {path.name for path in exported.iterdir()} == expected | {"manifest.json"}
    assert after["plain_transformers"] == "no"
    unchanged = before.keys() - {"files", "plain_transformers"}
    assert {key: after[key] for key in unchanged} == {key: before[key] for key in unchanged}
    for name in ("recipe.toml", "tokenizer.json", "config.json", "run-log.jsonl"):
        assert (exported / name).read_bytes() == (trained / name).read_bytes()
    assert usable_backends(open_model_folder(exported)) == ["onnx"]
    assert usable_backends(open_model_folder(trained)) == ["torch"]
    graph = onnx.load(exported / "model.onnx", load_external_data=False)
    assert not any(i.external_data for i in graph.graph.initializer)


def test_the_manifest_and_the_card_say_what_was_measured(
    exported: Path, small_corpus: list[Document]
) -> None:
    export = manifest_of(exported)["export"]
    mentions = sum(len(document.mentions) for document in small_corpus)
    assert export["precision"] == "fp32"
    assert export["check"]["fp32"] == {"mentions": mentions, "differing": 0}
    assert export["check"]["accepted"] is True
    card = (exported / "README.md").read_text(encoding="utf-8")
    assert "ONNX graph in fp32" in card
    assert "Auto classes" not in card


def test_an_fp32_graph_gives_every_parameter_back(
    exported: Path, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    whole = load_file(trained / "model.safetensors")
    found = load_file(find_encoder(str(exported)).location / "model.safetensors")
    assert found.keys() == whole.keys()
    for name, values in whole.items():
        np.testing.assert_array_equal(found[name], values)


@pytest.mark.parametrize("bits", [7, 8])
def test_int8_gives_every_parameter_back_within_half_a_step(
    bits: int, exported: Path, trained: Path, tmp_path: Path
) -> None:
    write_int8(exported / "model.onnx", tmp_path / "model.onnx", reduced_range=bits == 7)
    relocated(exported, tmp_path)
    found = read_parameters(tmp_path, "model.onnx")
    whole = load_file(trained / "model.safetensors")
    assert found.keys() == whole.keys()
    highest = {"matrix": 2 ** (bits - 1) - (bits == 8), "table": 127}
    for name, values in whole.items():
        if values.ndim == 1:
            np.testing.assert_array_equal(found[name], values)
            continue
        kind = "table" if "embeddings" in name else "matrix"
        step = np.abs(values).max(axis=1, keepdims=True) / highest[kind]
        assert (np.abs(found[name] - values) <= step * 0.5001).all(), name


def relocated(exported: Path, folder: Path) -> None:
    """Put into ``folder`` the parameters.json that belongs to its int8 graph."""
    places = json.loads((exported / "parameters.json").read_text(encoding="utf-8"))
    moved = relocate_in_int8(places, read_initialisers(folder / "model.onnx"))
    (folder / "parameters.json").write_text(json.dumps(moved), encoding="utf-8")


def test_int8_keeps_no_matrix_in_fp32(exported: Path, tmp_path: Path) -> None:
    write_int8(exported / "model.onnx", tmp_path / "model.onnx", reduced_range=True)
    graph = onnx.load(tmp_path / "model.onnx").graph
    used = {name for node in graph.node for name in node.input}
    tensors = {i.name: numpy_helper.to_array(i) for i in graph.initializer if i.name in used}
    matrices = [v for v in tensors.values() if v.ndim == 2 and min(v.shape) > 1]
    assert len(matrices) >= 2 * 6 + 3
    assert {values.dtype for values in matrices} == {np.dtype(np.int8)}
    assert {i.name for i in graph.initializer} == tensors.keys()


def test_an_exported_folder_is_not_exported_again(exported: Path, tmp_path: Path) -> None:
    with pytest.raises(
        ModelFolderError, match=r"holds no model\.safetensors; a folder that `train`"
    ):
        export_model(exported, tmp_path / "again")
    assert not list(tmp_path.iterdir())


def test_a_graph_that_onnxruntime_cannot_read_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"no graph")
    with pytest.raises(ModelFolderError, match=r"model\.onnx: onnxruntime cannot read it: [^\n]+$"):
        OnnxBackend(tmp_path / "model.onnx")


def test_int8_confirmed_by_fp32_finds_the_mentions_of_fp32(
    exported: Path, trained: Path, small_corpus: list[Document], tmp_path: Path
) -> None:
    done = export_model(trained, tmp_path / "both", int8=True, confirm=True, labelled=small_corpus)
    mentions = sum(len(document.mentions) for document in small_corpus)
    assert done.findings[1].measured == {"mentions": mentions, "differing": 0}
    export = manifest_of(tmp_path / "both")["export"]
    assert (export["precision"], export["confirmed"]) == ("int8", True)
    fp32 = exported / "model.onnx"
    assert (tmp_path / "both" / "model.fp32.onnx").read_bytes() == fp32.read_bytes()
    assert (tmp_path / "both" / "model.onnx").stat().st_size < fp32.stat().st_size
    tagger = Tagger.load(tmp_path / "both")
    assert isinstance(tagger._predictor.exact, OnnxBackend)
    assert Tagger.load(exported)._predictor.exact is None
    spans = [
        [
            [(m.spans, m.label) for m in p.document.mentions]
            for p in t.predict_documents(small_corpus)
        ]
        for t in (tagger, Tagger.load(exported))
    ]
    assert spans[0] == spans[1]


def test_what_counts_as_the_same(small_corpus: list[Document]) -> None:
    none = [document.with_mentions([]) for document in small_corpus]
    one_less = [small_corpus[0].with_mentions(small_corpus[0].mentions[1:]), *small_corpus[1:]]
    mentions = sum(len(document.mentions) for document in small_corpus)
    assert compare_spans("fp32", small_corpus, small_corpus, "torch's").accepted
    assert not compare_spans("fp32", none, none, "torch's").accepted
    worse = compare_spans("fp32", small_corpus, one_less, "torch's")
    assert not worse.accepted
    assert worse.measured == {"mentions": mentions, "differing": 1}
    recall = (mentions - 1) / mentions
    f1 = 2 * recall / (1 + recall)
    unlabelled = compare_int8(small_corpus, one_less)
    assert unlabelled.measured["agreement_f1"] == pytest.approx(f1)
    assert unlabelled.accepted is (f1 >= 0.98)
    assert not compare_int8(small_corpus, one_less, gold=small_corpus).accepted
    better = compare_int8(one_less, small_corpus, gold=small_corpus)
    assert better.accepted
    assert (better.measured["fp32_f1"], better.measured["f1"]) == (pytest.approx(f1), 1.0)


def test_a_folder_with_both_weights_prefers_the_graph(
    exported: Path, trained: Path, tmp_path: Path
) -> None:
    both = shutil.copytree(trained, tmp_path / "both")
    shutil.copyfile(exported / "model.onnx", both / "model.onnx")
    manifest = manifest_of(both)
    manifest["files"]["model.onnx"] = manifest_of(exported)["files"]["model.onnx"]
    (both / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert usable_backends(open_model_folder(both)) == ["onnx", "torch"]
    assert isinstance(Tagger.load(both)._predictor.backend, OnnxBackend)


def test_loading_full_range_warns_where_it_can_overflow(
    exported: Path, tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    folder = shutil.copytree(exported, tmp_path / "full")
    manifest = manifest_of(folder)
    manifest["export"]["range"] = "full"
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    Tagger.load(folder)
    texts = [str(warning.message) for warning in recwarn]
    assert [
        text.startswith(f"{folder}: was exported for processors with VNNI") for text in texts
    ] == ([True] if saturates_int8() else [])


def test_windows_longer_than_the_network_reads_are_refused(exported: Path, tmp_path: Path) -> None:
    model = shutil.copytree(exported, tmp_path / "model")
    recipe = (model / "recipe.toml").read_text().replace("window = 32", "window = 2048")
    (model / "recipe.toml").write_text(recipe)
    manifest = manifest_of(model)
    manifest["files"]["recipe.toml"] = sha256(model / "recipe.toml")
    (model / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(RecipeError, match="2048 pieces; the encoder has 256 positions"):
        Tagger.load(model)


def test_a_corpus_without_mentions_is_judged_by_spans(small_corpus: list[Document]) -> None:
    none = [document.with_mentions([]) for document in small_corpus]
    assert not compare_int8(small_corpus, none, gold=none).accepted
    assert compare_int8(small_corpus, small_corpus, gold=none).accepted
    other_labels = [
        document.with_mentions(Mention(m.spans, "OTHER") for m in document.mentions)
        for document in small_corpus
    ]
    assert not compare_int8(small_corpus, none, gold=other_labels).accepted
