"""``export_model``: a trained model folder in, one that needs no torch out, checked against it."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from pharmaner.corpora.folder import read_folder
from pharmaner.corpora.selection import check_types_known, renamed
from pharmaner.document import Document
from pharmaner.errors import ModelFolderError, ParityError
from pharmaner.export.draft import Draft
from pharmaner.export.parity import Finding, compare_int8, compare_spans
from pharmaner.model_folder import TORCH_WEIGHTS, ModelFolder, open_model_folder
from pharmaner.prediction.processor import saturates_int8
from pharmaner.scoring.strict import corpus_hash
from pharmaner.storage import refuse_occupied, whole_folder
from pharmaner.tagger import Tagger


@dataclass(frozen=True, slots=True)
class Export:
    """An exported model folder and what its checks found."""

    folder: Path
    findings: tuple[Finding, ...]


def export_model(
    model: Path | str,
    output: Path | str,
    *,
    int8: bool = False,
    reduced_range: bool | None = None,
    confirm: bool = False,
    labelled: Sequence[Document] = (),
    force: bool = False,
) -> Export:
    """Export a trained model as ONNX and check that it predicts what torch does.

    Args:
        model: a folder that ``train`` wrote.
        output: the model folder to write; must not exist or be empty.
        int8: write weights and embeddings in int8, a quarter of the size.
        reduced_range: give int8 weights 7 bits, for processors without VNNI; by default, if this
            machine's has none.
        confirm: keep the graph in fp32 beside that in int8, to decide what int8 finds close: the
            mentions of fp32, which is then what is checked.
        labelled: an annotated corpus to judge by, best one held out; without it the spans in
            the sample corpus's texts are compared.
        force: write the folder whatever the checks find.

    Raises:
        InputError: for a model, corpus or output that cannot be used.
        ParityError: when a check fails, or nothing is found to judge by, and ``force`` is not
            given; nothing is written.
    """
    output = Path(output)
    refuse_occupied(output)
    source = _trained_folder(Path(model))
    gold = renamed(labelled, source.recipe.corpus)
    check_types_known(gold, source.recipe.corpus)
    texts = gold or _sample_texts()
    expected = _predicted(source.path, texts)
    if not force and not any(document.mentions for document in expected):
        raise ParityError(
            f"{model}: finds no mention in {len(texts)} texts, so there is nothing to judge by; "
            "--check FOLDER names others"
        )
    with whole_folder(output) as folder:
        draft = Draft(source, folder)
        draft.write_fp32()
        fp32 = _predicted(folder, texts)
        findings = {"fp32": compare_spans("fp32", expected, fp32, "torch's")}
        if int8:
            reduced = saturates_int8() if reduced_range is None else reduced_range
            draft.make_int8(reduced, confirm)
            found = _predicted(folder, texts)
            findings["int8"] = (
                compare_spans("int8, confirmed by fp32", fp32, found, "fp32's")
                if confirm
                else compare_int8(fp32, found, gold)
            )
        refused = [finding.line for finding in findings.values() if not finding.accepted]
        if refused and not force:
            raise ParityError(f"{'; '.join(refused)}; nothing is written, unless --force is given")
        check: dict[str, Any] = {name: finding.measured for name, finding in findings.items()}
        texts_are = corpus_hash(gold) if gold else "the sample corpus in the package"
        check |= {"texts": texts_are, "documents": len(texts), "accepted": not refused}
        draft.record_and_seal({"check": check})
    return Export(output, tuple(findings.values()))


def _trained_folder(path: Path) -> ModelFolder:
    folder = open_model_folder(path)
    if not folder.holds(TORCH_WEIGHTS):
        raise ModelFolderError(
            f"{path}: holds no {TORCH_WEIGHTS}; a folder that `train` wrote is accepted"
        )
    return folder


def _sample_texts() -> list[Document]:
    with as_file(files("pharmaner") / "sample") as sample:
        parts = [read_folder(sample / part) for part in ("train", "dev", "test")]
    return [document for part in parts for document in part.documents]


def _predicted(folder: Path, texts: Sequence[Document]) -> list[Document]:
    return [prediction.document for prediction in Tagger.load(folder).predict_documents(texts)]
