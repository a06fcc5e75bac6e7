import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

from pharmaner.corpora.folder import read_folder, write_folder
from pharmaner.document import Document, Mention
from pharmaner.errors import (
    CorpusError,
    EncoderError,
    InputError,
    ModelFolderError,
    OutputError,
    RecipeError,
)
from pharmaner.labels import Tagging
from pharmaner.partial import LOCK
from pharmaner.recipe import Recipe
from pharmaner.scoring.strict import Scorer, score
from pharmaner.tagger import Tagger
from pharmaner.training.train import train
from tests.small_inputs import with_encoder


class InterruptionError(Exception):
    """Stands for whatever ends a process."""


class InterruptAt:
    """A listener that stops a training after some step."""

    def __init__(self, step: int) -> None:
        self.step = step
        self.seen: list[int] = []

    def surface_passed(self, passes: int, most: int) -> None:
        pass

    def begins(self, steps: int, done: int) -> None:
        self.seen.append(done)

    def stepped(self, step: int, loss: float) -> None:
        if step == self.step:
            raise InterruptionError

    def epoch_ended(self, record: dict[str, Any]) -> None:
        pass


def with_training(recipe: Recipe, **changes: object) -> Recipe:
    training = recipe.training.model_copy(update=changes)
    return recipe.model_copy(update={"training": training})


def assert_refused_without(model: Path, name: str) -> None:
    manifest = model / "manifest.json"
    before = manifest.read_text()
    content = json.loads(before)
    del content["files"][name]
    manifest.write_text(json.dumps(content))
    with pytest.raises(ModelFolderError, match=rf"does not vouch for {re.escape(name)}"):
        Tagger.load(model)
    manifest.write_text(before)


def assert_same_model(one: Path, other: Path) -> None:
    weights, others = (load_file(path / "model.safetensors") for path in (one, other))
    assert weights.keys() == others.keys()
    assert all((weights[name] == others[name]).all() for name in weights)
    for name in ("recipe.toml", "tokenizer.json", "config.json", "tokenizer_config.json"):
        assert (one / name).read_bytes() == (other / name).read_bytes()


def test_a_trained_tagger_knows_its_corpus(trained: Path, small_corpus: list[Document]) -> None:
    tagger = Tagger.load(trained)
    predicted = [prediction.document for prediction in tagger.predict_documents(small_corpus)]
    assert score(small_corpus, predicted, Scorer.PUBLIC).micro.f1 == 1.0


def test_the_score_in_the_folder_is_what_a_user_gets(
    trained: Path, small_corpus: list[Document]
) -> None:
    manifest = json.loads((trained / "manifest.json").read_text())
    predicted = [p.document for p in Tagger.load(trained).predict_documents(small_corpus)]
    assert manifest["metrics"]["dev"] == score(small_corpus, predicted, Scorer.PUBLIC).as_json()


def test_the_same_seed_gives_the_same_model_and_another_seed_another(
    small_corpus: list[Document], tiny_recipe: Recipe, tmp_path: Path
) -> None:
    train(tiny_recipe, small_corpus, output=tmp_path / "a")
    train(tiny_recipe, small_corpus, output=tmp_path / "b")
    train(with_training(tiny_recipe, seed=1), small_corpus, output=tmp_path / "c")
    assert_same_model(tmp_path / "a", tmp_path / "b")
    with pytest.raises(AssertionError):
        assert_same_model(tmp_path / "a", tmp_path / "c")


@pytest.mark.parametrize("step", [1, 4, 9, 13])
@pytest.mark.usefixtures("checkpoint_at_each_step")
def test_an_interrupted_training_resumes_to_the_same_model(
    small_corpus: list[Document],
    tiny_recipe: Recipe,
    tmp_path: Path,
    step: int,
) -> None:
    dev = small_corpus[:3]
    train(tiny_recipe, small_corpus, dev, output=tmp_path / "whole")
    with pytest.raises(InterruptionError):
        train(tiny_recipe, small_corpus, dev, output=tmp_path / "cut", listener=InterruptAt(step))
    assert not (tmp_path / "cut").exists()
    watcher = InterruptAt(-1)
    train(tiny_recipe, small_corpus, dev, output=tmp_path / "cut", resume=True, listener=watcher)
    assert watcher.seen == [step - 1]
    assert_same_model(tmp_path / "whole", tmp_path / "cut")
    logs = [(tmp_path / n / "run-log.jsonl").read_text().splitlines() for n in ("whole", "cut")]
    kept = [[{k: json.loads(r)[k] for k in ("epoch", "loss", "dev")} for r in log] for log in logs]
    assert kept[0] == kept[1]


def test_a_killed_process_resumes_to_the_same_model(
    small_corpus: list[Document], tiny_recipe: Recipe, tmp_path: Path
) -> None:
    write_folder(small_corpus, tmp_path / "corpus")
    corpus = read_folder(tmp_path / "corpus").documents
    recipe = with_training(tiny_recipe, epochs=30)
    (tmp_path / "recipe.toml").write_text(recipe.as_toml())
    train(recipe, corpus, corpus, output=tmp_path / "whole")
    arguments = ["train", "--train", "corpus", "--dev", "corpus", "--output", "cut"]
    arguments += ["--recipe", "recipe.toml", "--resume"]
    command = [sys.executable, "-c", "from pharmaner.cli.main import run; run()", *arguments]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL)
    log = tmp_path / "cut.partial" / "run-log.jsonl"
    while process.poll() is None and not (log.is_file() and len(log.read_text().splitlines()) >= 3):
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not (tmp_path / "cut").exists()
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert_same_model(tmp_path / "whole", tmp_path / "cut")
    assert not (tmp_path / "cut.partial").exists()


def test_without_a_dev_corpus_the_last_weights_are_kept(
    small_corpus: list[Document], tiny_recipe: Recipe, tmp_path: Path
) -> None:
    result = train(tiny_recipe, small_corpus, output=tmp_path / "model")
    assert result.kept_epoch == len(result.history) == tiny_recipe.training.epochs
    assert all("dev" not in record for record in result.history)


def test_the_best_dev_epoch_is_kept_and_scores_as_recorded(
    small_corpus: list[Document], tiny_recipe: Recipe, tmp_path: Path
) -> None:
    recipe = with_training(tiny_recipe, epochs=25, learning_rate=3e-3, head_learning_rate=3e-3)
    result = train(recipe, small_corpus, small_corpus, output=tmp_path / "model")
    by_epoch = [record["dev"]["f1"] for record in result.history]
    assert max(by_epoch) > 0
    assert result.kept_epoch == 1 + by_epoch.index(max(by_epoch))
    tagger = Tagger.load(tmp_path / "model")
    predicted = [p.document for p in tagger.predict_documents(small_corpus)]
    assert score(small_corpus, predicted, Scorer.PUBLIC).micro.f1 == max(by_epoch)


def test_patience_ends_a_training_that_gets_no_better(
    small_corpus: list[Document], tiny_recipe: Recipe, tmp_path: Path
) -> None:
    recipe = with_training(tiny_recipe, epochs=9, patience=2, learning_rate=1e-9)
    recipe = with_training(recipe, head_learning_rate=1e-9)
    result = train(recipe, small_corpus, small_corpus[:1], output=tmp_path / "model")
    assert [record["epoch"] for record in result.history] == [1, 2, 3]
    assert result.kept_epoch == 1


def test_an_auxiliary_type_is_learned_and_never_predicted(
    small_corpus: list[Document], tiny_recipe: Recipe, tmp_path: Path
) -> None:
    recipe = with_training(tiny_recipe, epochs=40, learning_rate=3e-3, head_learning_rate=3e-3)
    corpus = recipe.corpus.model_copy(update={"auxiliary": ["PROTEIN"]})
    recipe = recipe.model_copy(update={"corpus": corpus})
    train(recipe, small_corpus, output=tmp_path / "model")
    tagger = Tagger.load(tmp_path / "model")
    predicted = [p.document for p in tagger.predict_documents(small_corpus)]
    drugs = [d.with_mentions(m for m in d.mentions if m.label == "DRUG") for d in small_corpus]
    assert score(drugs, predicted, Scorer.PUBLIC).micro.f1 == 1.0
    config = json.loads((tmp_path / "model" / "config.json").read_text())
    assert set(config["label2id"]) == {"O", "B-DRUG", "I-DRUG", "B-PROTEIN", "I-PROTEIN"}


def test_map_renames_types_before_anything_else(
    small_corpus: list[Document], tiny_recipe: Recipe, tmp_path: Path
) -> None:
    corpus = tiny_recipe.corpus.model_copy(update={"map": {"PROTEIN": "P", "DRUG": "P"}})
    recipe = tiny_recipe.model_copy(update={"corpus": corpus})
    assert train(recipe, small_corpus, output=tmp_path / "m").recipe.corpus.types == ["P"]


def test_an_unfinished_training_is_not_overwritten(
    small_corpus: list[Document], tiny_recipe: Recipe, tmp_path: Path
) -> None:
    with pytest.raises(InterruptionError):
        train(tiny_recipe, small_corpus, output=tmp_path / "m", listener=InterruptAt(2))
    with pytest.raises(OutputError, match="an unfinished training is there; --resume"):
        train(tiny_recipe, small_corpus, output=tmp_path / "m")
    other = with_training(tiny_recipe, epochs=4)
    with pytest.raises(OutputError, match=r"recipe\.training\.epochs was 3, is 4"):
        train(other, small_corpus, output=tmp_path / "m", resume=True)
    with pytest.raises(OutputError, match="begun with other settings"):
        train(tiny_recipe, small_corpus[1:], output=tmp_path / "m", resume=True)
    with pytest.raises(OutputError, match=r"other settings \(order changed"):
        train(tiny_recipe, small_corpus[::-1], output=tmp_path / "m", resume=True)


def test_what_cannot_be_learned_is_refused_before_anything_is_written(
    small_corpus: list[Document], tiny_recipe: Recipe, tmp_path: Path
) -> None:
    refused: list[tuple[Callable[[], object], type[Exception], str]] = [
        (lambda: train(tiny_recipe, [], output=tmp_path / "m"), CorpusError, "no document"),
        (
            lambda: train(tiny_recipe, [Document("d", "texto")], output=tmp_path / "m"),
            CorpusError,
            "holds no mention to learn from",
        ),
        (
            lambda: train(
                tiny_recipe,
                small_corpus,
                [Document("s", "litio", (Mention.at(0, 5, "UNHEARD"),))],
                output=tmp_path / "m",
            ),
            CorpusError,
            "s: a mention is of type 'UNHEARD', which the model does not know; DRUG, PROTEIN",
        ),
        (
            lambda: train(
                tiny_recipe,
                [Document("s", "\ufeff", (Mention.at(0, 1, "DRUG"),))],
                output=tmp_path / "m",
            ),
            CorpusError,
            "holds no word that the encoder has pieces for",
        ),
        (
            lambda: train(
                tiny_recipe, small_corpus, [Document("s", "litio")], output=tmp_path / "m"
            ),
            CorpusError,
            "^the dev corpus holds no mention of DRUG, PROTEIN, so all epochs would score alike",
        ),
        (
            lambda: train(
                tiny_recipe.model_copy(
                    update={
                        "corpus": tiny_recipe.corpus.model_copy(update={"map": {"DRUGS": "DRUG"}})
                    }
                ),
                small_corpus,
                output=tmp_path / "m",
            ),
            RecipeError,
            "^corpus.map: DRUGS does not occur; the corpora hold DRUG, PROTEIN$",
        ),
        (
            lambda: train(
                with_training(tiny_recipe, patience=2), small_corpus, output=tmp_path / "m"
            ),
            RecipeError,
            "^training.patience: 2 epochs .* there is no dev corpus; 0 is accepted without one$",
        ),
        (
            lambda: train(
                tiny_recipe.model_copy(
                    update={"text": tiny_recipe.text.model_copy(update={"window": 257})}
                ),
                small_corpus,
                output=tmp_path / "m",
            ),
            RecipeError,
            "257 pieces; the encoder has 256 positions",
        ),
    ]
    for attempt, kind, message in refused:
        with pytest.raises(kind, match=message):
            attempt()
    assert not (tmp_path / "m").exists()


def test_a_checkpoint_holds_no_pickle(
    small_corpus: list[Document], tiny_recipe: Recipe, tmp_path: Path
) -> None:
    recipe = with_training(tiny_recipe, epochs=3)
    with pytest.raises(InterruptionError):
        train(recipe, small_corpus, output=tmp_path / "m", listener=InterruptAt(13))
    files = [path for path in (tmp_path / "m.partial").rglob("*") if path.is_file()]
    suffixes = {path.suffix for path in files if path.name != LOCK}
    assert suffixes == {".json", ".jsonl", ".safetensors"}


def test_a_trained_tagger_is_an_encoder_for_other_types(
    small_corpus: list[Document], tiny_recipe: Recipe, trained: Path, tmp_path: Path
) -> None:
    corpus = tiny_recipe.corpus.model_copy(update={"map": {"PROTEIN": "DRUG"}})
    recipe = with_encoder(tiny_recipe, trained).model_copy(update={"corpus": corpus})
    train(recipe, small_corpus, output=tmp_path / "model")
    again = (tmp_path / "model" / "tokenizer.json").read_bytes()
    assert again == (trained / "tokenizer.json").read_bytes()
    labels = json.loads((tmp_path / "model" / "config.json").read_text())["label2id"]
    assert set(labels) == {"O", "B-DRUG", "I-DRUG"}


def test_the_papers_scheme_trains_and_counts_misplaced_tags(
    tiny_recipe: Recipe, small_corpus: list[Document], tmp_path: Path
) -> None:
    network = tiny_recipe.network.model_copy(update={"tagging": Tagging.BIO_X})
    changes = {"epochs": 40, "learning_rate": 3e-3, "head_learning_rate": 3e-3}
    section = tiny_recipe.training.model_copy(update=changes)
    recipe = tiny_recipe.model_copy(update={"network": network, "training": section})
    result = train(recipe, small_corpus, small_corpus, output=tmp_path / "model")
    config = json.loads((tmp_path / "model" / "config.json").read_text())
    assert list(config["id2label"].values())[-3:] == ["X", "CLS", "SEP"]
    first, last = result.history[0]["dev"], result.history[-1]["dev"]
    assert first["words_read_as_outside"] + first["positions_overruled"] > 0
    assert last["words_read_as_outside"] + last["positions_overruled"] == 0
    assert last["f1"] == 1
    tagger = Tagger.load(tmp_path / "model")
    again = [prediction.document for prediction in tagger.predict_documents(small_corpus)]
    assert score(small_corpus, again).micro.f1 == 1


@pytest.mark.parametrize("rate", [1e30, 1e38])
def test_a_training_that_diverges_ends_in_one_line_and_writes_no_model(
    small_corpus: list[Document], tiny_recipe: Recipe, tmp_path: Path, rate: float
) -> None:
    recipe = with_training(tiny_recipe, learning_rate=rate, head_learning_rate=rate)
    with pytest.raises(InputError, match=r"^step \d+: the training diverged, .* is accepted$"):
        train(recipe, small_corpus, output=tmp_path / "m")
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize("content", [b"version https://git-lfs", b"[]", b"\xff", b"[" * 100_000])
@pytest.mark.parametrize("name", ["tokenizer_config.json", "special_tokens_map.json"])
def test_files_beside_the_tokenizer_are_read_before_the_first_step(
    small_corpus: list[Document],
    tiny_recipe: Recipe,
    tiny_bert: Path,
    tmp_path: Path,
    name: str,
    content: bytes,
) -> None:
    encoder = shutil.copytree(tiny_bert, tmp_path / "encoder")
    (encoder / name).write_bytes(content)
    recipe = with_encoder(tiny_recipe, encoder)
    with pytest.raises(EncoderError, match=f"{name}: is not a JSON object"):
        train(recipe, small_corpus, output=tmp_path / "m")
    assert not (tmp_path / "m.partial").exists()


def test_a_training_that_died_when_its_model_was_in_place_is_finished(
    small_corpus: list[Document],
    tiny_recipe: Recipe,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = train(tiny_recipe, small_corpus, small_corpus, output=tmp_path / "whole")

    def die(_: Path) -> None:
        raise InterruptionError

    with monkeypatch.context() as patch:
        patch.setattr("pharmaner.training.train.finish", die)
        with pytest.raises(InterruptionError):
            train(tiny_recipe, small_corpus, small_corpus, output=tmp_path / "m")
    with pytest.raises(OutputError, match="not empty"):
        train(tiny_recipe, small_corpus, small_corpus, output=tmp_path / "m")
    with pytest.raises(OutputError, match="begun with other settings"):
        train(tiny_recipe, small_corpus[1:], small_corpus, output=tmp_path / "m", resume=True)
    again = train(tiny_recipe, small_corpus, small_corpus, output=tmp_path / "m", resume=True)
    assert not (tmp_path / "m.partial").exists()
    assert again.kept_epoch == whole.kept_epoch
    assert [record["loss"] for record in again.history] == [r["loss"] for r in whole.history]


@pytest.mark.usefixtures("checkpoint_at_each_step")
def test_a_damaged_checkpoint_is_named(
    small_corpus: list[Document],
    tiny_recipe: Recipe,
    tmp_path: Path,
) -> None:
    with pytest.raises(InterruptionError):
        train(tiny_recipe, small_corpus, output=tmp_path / "m", listener=InterruptAt(4))
    (checkpoint,) = (tmp_path / "m.partial").glob("checkpoint-*")
    for name in ("weights.safetensors", "optimizer.safetensors", "state.json"):
        kept = (checkpoint / name).read_bytes()
        for content in (b"", kept[:-9]):
            (checkpoint / name).write_bytes(content)
            with pytest.raises(OutputError, match=f"{checkpoint.name}: is damaged; remove it"):
                train(tiny_recipe, small_corpus, output=tmp_path / "m", resume=True)
        (checkpoint / name).write_bytes(kept)
    assert train(tiny_recipe, small_corpus, output=tmp_path / "m", resume=True).kept_epoch == 3


def test_damaged_weights_of_the_best_epoch_are_named(
    small_corpus: list[Document], tiny_recipe: Recipe, tmp_path: Path
) -> None:
    def resume() -> None:
        train(tiny_recipe, small_corpus, small_corpus, output=tmp_path / "m", resume=True)

    listener = InterruptAt(9)
    with pytest.raises(InterruptionError):
        train(tiny_recipe, small_corpus, small_corpus, output=tmp_path / "m", listener=listener)
    (best,) = (tmp_path / "m.partial").glob("best-*.safetensors")
    kept = best.read_bytes()
    for content in (b"", kept[:-9]):
        best.write_bytes(content)
        with pytest.raises(OutputError, match=rf"{best.name}: is damaged; remove .*m\.partial to"):
            resume()
    best.write_bytes(kept)
    resume()
    assert (tmp_path / "m").is_dir()


def test_a_training_leaves_no_file_open(
    small_corpus: list[Document], tiny_recipe: Recipe, tmp_path: Path
) -> None:
    def opened() -> list[str]:
        descriptors = Path("/proc/self/fd")
        return [str(path.readlink()) for path in descriptors.iterdir() if path.is_symlink()]

    train(with_training(tiny_recipe, epochs=1), small_corpus, output=tmp_path / "m")
    assert not [name for name in opened() if name.startswith(str(tmp_path))]


def test_a_training_is_bound_to_its_encoder_and_the_manifest_says_which_it_was(
    small_corpus: list[Document], tiny_recipe: Recipe, tiny_bert: Path, tmp_path: Path
) -> None:
    encoder = shutil.copytree(tiny_bert, tmp_path / "encoder")
    recipe = with_training(with_encoder(tiny_recipe, encoder), precision="auto")
    with pytest.raises(InterruptionError):
        train(recipe, small_corpus, output=tmp_path / "m", listener=InterruptAt(2))
    (encoder / "more.txt").touch()
    with pytest.raises(OutputError, match=r"other settings \(encoder changed"):
        train(recipe, small_corpus, output=tmp_path / "m", resume=True)
    (encoder / "more.txt").unlink()
    train(recipe, small_corpus, output=tmp_path / "m", resume=True)
    manifest = json.loads((tmp_path / "m" / "manifest.json").read_text())
    digest = hashlib.sha256()
    for path in sorted(encoder.iterdir()):
        file_hash = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.name}\0{file_hash}\0".encode())
    assert manifest["encoder"] == {"kind": "folder", "commit": "", "hash": digest.hexdigest()}
    assert manifest["precision"] in {"bf16", "fp32"}
