import json
import shutil
import signal
import time
import tomllib
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from pharmaner.document import Document
from pharmaner.errors import CorpusError, EncoderError, InputError, OutputError, RecipeError
from pharmaner.experiments.study import Study
from pharmaner.experiments.trials import FAILED, FINISHED, STOPPED, UNFINISHED, TrialRecord
from pharmaner.experiments.tune import tune
from pharmaner.recipe import load_recipe
from pharmaner.training.train import train
from tests.experiments.conftest import FOUR_CELLS, Setting
from tests.small_inputs import with_encoder

RANGES = """
[parameters]
"training.learning_rate" = { low = 1e-4, high = 1e-2, log = true }
"training.epochs" = { low = 1, high = 3 }
"""
CELLS = {(epochs, rate) for epochs in (2, 6) for rate in (1e-3, 3e-3)}


def cell(trial: TrialRecord | dict[str, Any]) -> tuple[object, object]:
    parameters = trial["parameters"] if isinstance(trial, dict) else trial.parameters
    return parameters["training.epochs"], parameters["training.learning_rate"]


def without_time(trials: list[TrialRecord]) -> list[dict[str, Any]]:
    return [asdict(trial) | {"seconds": None} for trial in trials]


def run(setting: Setting, output: str, content: str = FOUR_CELLS, **more: Any) -> list[TrialRecord]:
    documents, folder = setting.documents, setting.folder / output
    space = setting.space(content)
    return tune(setting.recipe, space, documents, documents, output=folder, **more)


def read(folder: Path) -> list[dict[str, Any]]:
    trials: list[dict[str, Any]] = json.loads((folder / "trials.json").read_text())
    return [trial | {"seconds": None} for trial in trials]


def test_every_cell_is_trained_once_and_the_best_recipe_trains_to_its_figure(
    setting: Setting,
) -> None:
    trials = run(setting, "study")
    assert [trial.number for trial in trials] == [1, 2, 3, 4]
    assert {cell(trial) for trial in trials} == CELLS
    assert {trial.state for trial in trials} == {FINISHED}
    for trial in trials:
        assert len(trial.f1_by_epoch) == trial.parameters["training.epochs"]
        assert trial.f1 == max(trial.f1_by_epoch)
    assert len({trial.f1 for trial in trials}) > 1
    best = max(trials, key=lambda trial: trial.f1 or 0.0)
    study = setting.folder / "study"
    assert [path.name for path in (study / "trials").iterdir()] == [f"{best.number:04d}"]
    recipe = load_recipe(str(study / "best.toml"))
    assert recipe.training.head_learning_rate == recipe.training.learning_rate
    assert recipe.corpus.types == ["DRUG", "PROTEIN"]
    again = train(recipe, setting.documents, setting.documents, output=setting.folder / "model")
    assert again.history[again.kept_epoch - 1]["dev"]["f1"] == best.f1
    assert again.kept_epoch == best.epoch
    assert again.recipe == recipe


def test_a_study_that_is_done_is_left_as_it_is_and_grows_when_more_is_asked(
    setting: Setting,
) -> None:
    first = run(setting, "study", trials=2)
    assert len(first) == 2
    assert run(setting, "study", trials=2) == first
    grown = run(setting, "study")
    assert grown[:2] == first
    assert {cell(trial) for trial in grown} == CELLS
    journal = (setting.folder / "study" / "journal.jsonl").read_bytes()
    assert run(setting, "study") == grown
    assert (setting.folder / "study" / "journal.jsonl").read_bytes() == journal


def test_ranges_are_searched_within_their_ends_and_seeds_decide_where(setting: Setting) -> None:
    trials = run(setting, "study", RANGES, trials=3)
    values = [trial.parameters["training.learning_rate"] for trial in trials]
    assert len(set(values)) == 3
    assert all(isinstance(value, float) and 1e-4 <= value <= 1e-2 for value in values)
    assert all(trial.parameters["training.epochs"] in {1, 2, 3} for trial in trials)
    run(setting, "halves", RANGES, trials=1)
    assert without_time(run(setting, "halves", RANGES, trials=3)) == without_time(trials)


class DyingError(Exception):
    """Stands for whatever ends a process."""


@pytest.mark.parametrize("content", [FOUR_CELLS, RANGES], ids=["grid", "ranges"])
@pytest.mark.parametrize("place", ["train", "finish", "tidy"])
def test_a_study_that_breaks_anywhere_goes_on_to_the_same_trials(
    setting: Setting, monkeypatch: pytest.MonkeyPatch, content: str, place: str
) -> None:
    from pharmaner.experiments import tune as module

    whole = run(setting, "whole", content, trials=3)
    owner, name = {
        "train": (module, "train"),
        "finish": (Study, "finish"),
        "tidy": (Study, "_tidy"),
    }[place]
    calls = 0
    real = getattr(owner, name)

    def dying(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise DyingError
        return real(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, dying)
        with pytest.raises(DyingError):
            run(setting, "cut", content, trials=3)
    assert without_time(run(setting, "cut", content, trials=3)) == without_time(whole)
    assert len(list((setting.folder / "cut" / "trials").iterdir())) == 1


def test_a_half_written_line_of_the_journal_costs_nothing(setting: Setting) -> None:
    whole = run(setting, "whole", trials=2)
    run(setting, "cut", trials=1)
    with (setting.folder / "cut" / "journal.jsonl").open("a") as journal:
        journal.write('{"op_code":4,"worker_id":"x","stu')
    assert without_time(run(setting, "cut", trials=2)) == without_time(whole)
    journal_lines = (setting.folder / "cut" / "journal.jsonl").read_text().splitlines()
    assert all(json.loads(line) for line in journal_lines)


def test_a_trial_is_taken_over_only_when_nobody_holds_it(setting: Setting) -> None:
    def study() -> Study:
        return Study(setting.folder / "study", setting.space(RANGES), 0, 3, {})

    one, other = study(), study()
    first, second, third = one.claim(), other.claim(), one.claim()
    assert first
    assert second
    assert third
    assert [claim.number for claim in (first, second, third)] == [1, 2, 3]
    assert other.claim() is None
    one.report(second, [0.25], 2)
    second.release()
    again = study().claim()
    assert again
    assert (again.number, again.parameters) == (2, second.parameters)
    assert other.claim() is None
    one.report(again, [0.75], 2)
    other.finish(again, {"f1": 1.0, "epoch": 1, "f1_by_epoch": [0.5, 1.0]}, is_stopped=False)
    assert [trial.state for trial in study().trials()] == [UNFINISHED, FINISHED, UNFINISHED]
    for claim in (first, third, again):
        claim.release()


@pytest.mark.parametrize("finished", [0, 2])
def test_a_killed_study_goes_on_to_the_trials_of_an_undisturbed_one(
    setting: Setting, finished: int
) -> None:
    space = FOUR_CELLS.replace("[2, 6]", "[12, 15]")
    whole = without_time(run(setting, "whole", space))
    command = setting.command("cut", space)
    process = setting.start(command)
    place = setting.folder / "cut" / "trials" / f"{finished + 1:04d}.partial" / "run-log.jsonl"
    while process.poll() is None and not (place.is_file() and place.read_text().count("\n") >= 2):
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    epochs = place.read_text().count("\n")
    ended = read(setting.folder / "cut") if finished else []
    assert [trial["state"] for trial in ended] == [FINISHED] * finished
    assert setting.start(command).wait() == 0
    said = (setting.folder / "said").read_text()
    begun = [line.split(" of ")[0] for line in said.splitlines() if " of 4: " in line]
    assert begun == [f"trial {number}" for number in range(finished + 1, 5)]
    assert "going on after step" in said
    assert 2 <= epochs < 12
    trials = read(setting.folder / "cut")
    assert trials == json.loads(json.dumps(whole))
    assert trials[:finished] == ended


def test_two_processes_share_the_cells(setting: Setting) -> None:
    space = FOUR_CELLS.replace("[2, 6]", "[6, 9, 12]")
    alone = run(setting, "alone", space)
    command = setting.command("shared", space)
    processes = {name: setting.start(command, name) for name in ("one", "other")}
    assert [process.wait() for process in processes.values()] == [0, 0]
    said = [(setting.folder / name).read_text().splitlines() for name in processes]
    begun = [line.split(":")[0] for lines in said for line in lines if " of 6: " in line]
    assert sorted(begun) == [f"trial {number} of 6" for number in range(1, 7)]
    assert all(any(" of 6: " in line for line in lines) for lines in said)
    trials = read(setting.folder / "shared")
    known = {cell(trial): trial.f1_by_epoch for trial in alone}
    assert [trial["number"] for trial in trials] == [1, 2, 3, 4, 5, 6]
    for trial in trials:
        both = zip(trial["f1_by_epoch"], known[cell(trial)], strict=False)
        assert all(one == other for one, other in both)  # which are stopped early may differ
    assert {cell(trial) for trial in trials} == set(known)


def test_a_hopeless_trial_is_stopped(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    hopeless = 1e-9
    rates = [2e-3, 3e-3, 4e-3, 5e-3, hopeless]
    content = f"""
[parameters]
"training.learning_rate" = {{ values = {rates}, also = ["training.head_learning_rate"] }}
"training.epochs" = {{ values = [12] }}
"""
    in_order = [{"training.learning_rate": rate, "training.epochs": 12} for rate in rates]
    monkeypatch.setattr(Study, "_cell", lambda _, place: in_order[place])
    *others, last = run(setting, "study", content)
    assert [trial.state for trial in others] == [FINISHED] * 4
    assert (last.state, last.epoch, len(last.f1_by_epoch)) == (STOPPED, 3, 3)
    assert (last.f1 or 0.0) < min(trial.f1_by_epoch[2] for trial in others)
    best = tomllib.loads((setting.folder / "study" / "best.toml").read_text())
    assert best["training"]["learning_rate"] > hopeless
    assert "stopped early" in (setting.folder / "study" / "trials.md").read_text()


def test_trials_of_any_length_are_held_against_each_other(setting: Setting) -> None:
    space = setting.space('[parameters]\n"training.epochs" = { low = 3, high = 20 }')
    study = Study(setting.folder / "study", space, 0, 6, {})
    for epochs in (3, 5, 7, 20):
        good = study.claim()
        assert good
        f1_by_epoch = [0.5 + 0.01 * epoch for epoch in range(epochs)]
        study.report(good, f1_by_epoch, epochs)
        study.finish(good, {"f1": f1_by_epoch[-1], "f1_by_epoch": f1_by_epoch}, is_stopped=False)
        good.release()
    hopeless, hopeful = study.claim(), study.claim()
    assert hopeless
    assert hopeful
    study.report(hopeless, [0.1, 0.1, 0.2, 0.2, 0.2], 11)
    assert study.is_hopeless(hopeless)
    study.report(hopeful, [0.1, 0.9, 0.2, 0.2, 0.2], 11)
    assert not study.is_hopeless(hopeful)
    for claim in (hopeless, hopeful):
        claim.release()


def test_other_settings_are_refused_and_nothing_is_touched(setting: Setting) -> None:
    run(setting, "study", trials=1)
    output = setting.folder / "study"
    before = {path: path.read_bytes() for path in output.rglob("*") if path.is_file()}
    space, documents = setting.space(), setting.documents
    training = setting.recipe.training.model_copy(update={"seed": 5})
    other = setting.recipe.model_copy(update={"training": training})
    wider = setting.space(FOUR_CELLS.replace("[2, 6]", "[2, 6, 7]"))
    attempts: list[tuple[Any, Any, list[Document], list[Document], str]] = [
        (other, space, documents, documents, "recipe.training.seed was 0, is 5"),
        (
            setting.recipe,
            wider,
            documents,
            documents,
            r"space.training.epochs.values was \[2, 6\], is \[2, 6, 7\]",
        ),
        (setting.recipe, space, documents[1:], documents, "train changed"),
        (setting.recipe, space, documents, documents[1:], "dev changed"),
    ]
    for recipe, tried, learned, judged, message in attempts:
        with pytest.raises(OutputError, match=f"was begun with other settings \\({message}"):
            tune(recipe, tried, learned, judged, output=output)
    assert {path: path.read_bytes() for path in output.rglob("*") if path.is_file()} == before


def test_what_no_trial_could_use_is_refused_before_anything_is_written(setting: Setting) -> None:
    def attempt(kind: type[InputError], message: str, content: str = FOUR_CELLS) -> None:
        with pytest.raises(kind, match=message):
            run(setting, "study", content)
        assert not (setting.folder / "study").exists()

    attempt(
        RecipeError,
        r"^space.toml with training.epoch=2: training.epoch: unknown key; epochs, ",
        '[parameters]\n"training.epoch" = { values = [2] }',
    )
    attempt(
        RecipeError,
        r"^space.toml with text.window=16: text: context 4 on both sides|^text.window: 512",
        '[parameters]\n"text.window" = { values = [32, 512] }',
    )
    attempt(
        RecipeError,
        r"text.context=9: text: context 9 on both sides leaves too little of window 32; up to 8",
        '[parameters]\n"text.context" = { low = 0, high = 9 }',
    )
    attempt(
        InputError,
        "no such encoder",
        '[parameters]\n"encoder.name" = { values = ["no such encoder"] }',
    )
    encoder = shutil.copytree(setting.recipe.encoder.name, setting.folder / "maskless")
    for name in ("tokenizer_config.json", "tokenizer.json"):
        path = encoder / name
        path.write_text(path.read_text().replace("[MASK]", "[OTHER]").replace("mask_t", "other_t"))
    maskless = replace(setting, recipe=with_encoder(setting.recipe, encoder))
    masking = maskless.space('[parameters]\n"augmentation.word_masking" = { values = [0.0, 0.1] }')
    space, documents = setting.space(), setting.documents
    with pytest.raises(EncoderError, match="its tokenizer has no mask piece to hide words with"):
        tune(maskless.recipe, masking, documents, documents, output=setting.folder / "study")
    assert not (setting.folder / "study").exists()
    for learned, judged, found in (([], documents, "to train on"), (documents, [], "to judge")):
        with pytest.raises(CorpusError, match=found):
            tune(setting.recipe, space, learned, judged, output=setting.folder / "study")
    with pytest.raises(RecipeError, match="0 trials; 1 or more are accepted"):
        run(setting, "study", trials=0)
    (setting.folder / "precious").mkdir()
    (setting.folder / "precious" / "file").write_text("kept")
    with pytest.raises(OutputError, match="precious: the output folder is not empty"):
        run(setting, "precious")
    assert [path.name for path in (setting.folder / "precious").iterdir()] == ["file"]


def test_a_trial_that_fails_is_recorded_and_the_others_go_on(setting: Setting) -> None:
    diverging = FOUR_CELLS.replace("3e-3]", "1e30]")
    trials = run(setting, "study", diverging)
    by_rate = {trial.parameters["training.learning_rate"]: trial for trial in trials}
    assert [trial.state for trial in trials].count(FAILED) == 2
    assert by_rate[1e30].reason.startswith("step ")
    assert "the training diverged" in by_rate[1e30].reason
    assert by_rate[1e-3].state == FINISHED
    assert without_time(run(setting, "study", diverging)) == without_time(trials)
    assert "2 failed" in (setting.folder / "study" / "trials.html").read_text()
    assert len(list((setting.folder / "study" / "trials").iterdir())) == 1


def test_corpora_in_another_order_or_another_encoder_are_another_study(
    setting: Setting, tiny_bert: Path
) -> None:
    encoder = shutil.copytree(tiny_bert, setting.folder / "encoder")
    recipe = with_encoder(setting.recipe, encoder)
    documents, space = setting.documents, setting.space()

    def again(learned: list[Document]) -> list[TrialRecord]:
        output = setting.folder / "study"
        return tune(recipe, space, learned, documents, output=output, trials=1)

    again(documents)
    with pytest.raises(OutputError, match=r"other settings \(order changed"):
        again(documents[::-1])
    (encoder / "more.txt").touch()
    with pytest.raises(OutputError, match=r"other settings \(encoders\."):
        again(documents)
