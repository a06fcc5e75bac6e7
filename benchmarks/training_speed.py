"""Tokens per second of our training and of transformers' ``Trainer``, side by side.

    python benchmarks/training_speed.py [--quick] [--seconds 120] [--rounds 1]
    python benchmarks/training_speed.py --whole --dev DEV --epochs 4   # to the end, with dev F1

Both learn the same windows of the same documents with the same encoder, in the same precision.
``Trainer`` is at its defaults (batches of 8, padded to the longest, attention as transformers
choose it, dropout as the encoder's configuration has it) but for precision, number of epochs,
learning rate and seed, which are our recipe's. Counted are the pieces that add to the loss:
no padding, and what several windows see counts once.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from common import PHARMACONER, RESULTS, SAMPLE, peak_megabytes, run_worker, write_results

SKIPPED_STEPS = 3
"""The first steps fetch memory and choose kernels; they are not counted."""

OURS = "pharmaner, no attention dropout (our default)"
BASE = "Trainer, attention dropout 0.1 (its default)"
SYSTEMS = {
    OURS: {"system": "pharmaner", "dropout": 0.0},
    "pharmaner, attention dropout 0.1": {"system": "pharmaner", "dropout": 0.1},
    BASE: {"system": "trainer", "dropout": 0.1},
    "Trainer, no attention dropout": {"system": "trainer", "dropout": 0.0},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--train", type=Path, default=PHARMACONER if PHARMACONER.is_dir() else SAMPLE
    )
    parser.add_argument("--dev", type=Path, help="Score each system on it at the end.")
    parser.add_argument("--encoder", default="pharmaner-es")
    parser.add_argument("--precision", default="auto", choices=["auto", "bf16", "fp32"])
    parser.add_argument("--seconds", type=float, default=120, help="How long each system trains.")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--whole", action="store_true", help="Train the defaults to the end.")
    parser.add_argument("--epochs", type=int, default=8, help="How long a whole training is.")
    parser.add_argument("--quick", action="store_true", help="15 seconds each: does it run?")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    if options.whole and not options.dev:
        parser.error("--whole needs --dev")
    seconds = float("inf") if options.whole else 15.0 if options.quick else options.seconds
    task = {"train": str(options.train), "encoder": options.encoder, "seconds": seconds}
    task |= {"precision": options.precision, "dev": str(options.dev) if options.dev else None}
    task |= {"epochs": options.epochs}
    names = [OURS, BASE] if options.whole else list(SYSTEMS)
    rounds = [
        {name: run_worker("training_speed.py", task | SYSTEMS[name]) for name in names}
        for _ in range(options.rounds)
    ]
    rows = [row(name, rounds) for name in names]
    found = {"corpus": options.train.name, "encoder": options.encoder, "rounds": rounds}
    found |= {"precision": rounds[0][BASE]["precision"], "rows": rows}
    name = "training_whole" if options.whole else "training_speed"
    title = f"Training speed, {found['precision']}"
    write_results(options.results, name, title, found, rows)


def row(name: str, rounds: Sequence[dict[str, dict[str, Any]]]) -> dict[str, Any]:
    def rate(result: dict[str, Any]) -> float:
        return float(result["tokens"] / result["seconds"])

    own = [results[name] for results in rounds]
    ratios = [rate(results[name]) / rate(results[BASE]) for results in rounds]
    cpu = [1000 * result["cpu_seconds"] / result["tokens"] for result in own]
    return {
        "system": name,
        "tokens/s": round(median(map(rate, own))),
        "times Trainer": f"{median(ratios):.2f}",
        "CPU ms a token": f"{median(cpu):.3f}",
        "peak MB": round(max(result["peak_mb"] for result in own)),
        "dev F1": " ".join(f"{100 * r['dev_f1']:.2f}" for r in own if r["dev_f1"] is not None),
    }


class Stopwatch:
    """Counts the tokens of steps, and the time that they took, until it is time to stop."""

    def __init__(self, seconds: float) -> None:
        self.limit = seconds
        self.steps = self.tokens = 0
        self.begin = (0.0, 0.0)
        self.end = (0.0, 0.0)

    def step(self, tokens: int) -> bool:
        """Count a step; whether the time is over."""
        self.steps += 1
        now = (time.perf_counter(), time.process_time())
        if self.steps <= SKIPPED_STEPS:
            self.begin = now
            return False
        self.tokens += tokens
        self.end = now
        return now[0] - self.begin[0] > self.limit

    def as_json(self) -> dict[str, float]:
        wall, cpu = (end - begin for begin, end in zip(self.begin, self.end, strict=True))
        return {"steps": self.steps, "tokens": self.tokens, "seconds": wall, "cpu_seconds": cpu}


class Setting:
    """What both systems begin with."""

    def __init__(self, task: dict[str, Any]) -> None:
        import torch

        from pharmaner.corpora.folder import read_folder
        from pharmaner.corpora.selection import resolve_types
        from pharmaner.encoders.source import find_encoder
        from pharmaner.model_folder import scheme_of
        from pharmaner.network.encoder_tokenizer import encoder_tokenizer
        from pharmaner.network.tagger_network import new_network
        from pharmaner.prediction.windower import Windower
        from pharmaner.recipe import load_recipe
        from pharmaner.training.epoch_examples import epoch_examples
        from pharmaner.training.precision import resolve_precision

        choices = [f"encoder.name={task['encoder']!r}", f"training.precision={task['precision']}"]
        choices += [f"network.attention_dropout={task['dropout']}"]
        choices += [f"training.epochs={task['epochs']}"]
        documents = read_folder(Path(task["train"])).documents
        self.recipe = resolve_types(load_recipe("default", choices), documents)
        self.precision = resolve_precision(self.recipe.training.precision)
        self.scheme = scheme_of(self.recipe)
        self.encoder = find_encoder(task["encoder"]).location
        self.windower = Windower(encoder_tokenizer(self.encoder), self.recipe.text)
        examples, _ = epoch_examples(documents, self.windower, self.recipe)
        self.examples = examples(0)
        torch.manual_seed(self.recipe.training.seed)
        self.network = new_network(self.encoder, self.scheme, self.recipe)
        self.stopwatch = Stopwatch(task["seconds"])

    def dev_scorer(self, dev: str) -> Callable[[], dict[str, Any]]:
        from pharmaner.corpora.folder import read_folder
        from pharmaner.corpora.selection import only_types
        from pharmaner.network.pretrained import pad_id_of
        from pharmaner.network.torch_backend import TorchBackend
        from pharmaner.prediction.predictor import Predictor
        from pharmaner.scoring.strict import Scorer, score

        gold = only_types(read_folder(Path(dev)).documents, self.recipe.corpus.types)
        backend = TorchBackend(self.network, pad_id_of(self.network))
        predictor = Predictor(backend, self.windower, self.scheme)
        return lambda: score(
            gold, [p.document for p in predictor.predict(gold)], Scorer.PUBLIC
        ).as_json()


class TimeOver(Exception):  # noqa: N818
    """Ends our training."""


class Watcher:
    """A listener of our training that counts and stops it."""

    def __init__(self, stopwatch: Stopwatch, tokens_by_step: Sequence[int]) -> None:
        self.stopwatch = stopwatch
        self.tokens_by_step = tokens_by_step

    def surface_passed(self, passes: int, most: int) -> None:
        pass

    def begins(self, steps: int, done: int) -> None:
        pass

    def stepped(self, step: int, loss: float) -> None:
        if self.stopwatch.step(self.tokens_by_step[step - 1]):
            raise TimeOver

    def epoch_ended(self, record: dict[str, Any]) -> None:
        pass


def train_ours(setting: Setting) -> None:
    from pharmaner.network.pretrained import pad_id_of
    from pharmaner.training.batches import plan_batches
    from pharmaner.training.examples import NOT_LEARNED
    from pharmaner.training.loop import Fit
    from pharmaner.training.tagging_task import TaggingTask

    section = setting.recipe.training
    task = TaggingTask(lambda _: setting.examples, pad_id_of(setting.network), None)
    owned = [int((example.labels != NOT_LEARNED).sum()) for example in setting.examples]
    sizes = section.batch_sequences, section.batch_pieces
    tokens = [
        sum(owned[index] for index in batch)
        for epoch in range(section.epochs)
        for batch in plan_batches(task.lengths(epoch), *sizes, section.seed, epoch)
    ]
    watcher = Watcher(setting.stopwatch, tokens)
    with TemporaryDirectory() as folder:
        try:
            Fit(setting.network, task, section, Path(folder), watcher).run()
        except TimeOver:
            return


def train_with_trainer(setting: Setting) -> None:
    """Transformers' attention is the network's own choice again, as a user of Trainer has it."""
    import torch
    from transformers import (
        AutoModelForTokenClassification,
        AutoTokenizer,
        DataCollatorForTokenClassification,
        Trainer,
        TrainerCallback,
        TrainingArguments,
    )

    section = setting.recipe.training
    config = setting.network.config
    config._attn_implementation = None
    torch.manual_seed(section.seed)
    setting.network = AutoModelForTokenClassification.from_pretrained(
        setting.encoder, config=config, dtype=torch.float32
    )
    tokenizer = AutoTokenizer.from_pretrained(setting.encoder)
    collate = DataCollatorForTokenClassification(tokenizer)
    waiting: list[int] = []

    def counted(features: list[dict[str, Any]]) -> Any:
        batch = collate(features)
        waiting.append(int((batch["labels"] != -100).sum()))
        return batch

    class Stop(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if setting.stopwatch.step(waiting[state.global_step - 1]):
                control.should_training_stop = True

    rows = [
        {"input_ids": e.input_ids.tolist(), "attention_mask": [1] * len(e.input_ids),
         "labels": e.labels.tolist()}
        for e in setting.examples
    ]  # fmt: skip
    with TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            num_train_epochs=section.epochs,
            learning_rate=section.learning_rate,
            seed=section.seed,
            bf16=setting.precision == "bf16",
            use_cpu=not torch.cuda.is_available(),  # else it refuses bf16 where there is no GPU
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
        )
        Trainer(
            setting.network, arguments, data_collator=counted, train_dataset=rows,
            callbacks=[Stop()],
        ).train()  # fmt: skip


def work(task: dict[str, Any]) -> dict[str, Any]:
    setting = Setting(task)
    if task["system"] == "pharmaner":
        train_ours(setting)
    else:
        train_with_trainer(setting)
    f1 = setting.dev_scorer(task["dev"])()["f1"] if task["dev"] else None
    attention = setting.network.config._attn_implementation
    found = {"precision": setting.precision, "attention": attention, "dev_f1": f1}
    return {**found, "peak_mb": peak_megabytes(), **setting.stopwatch.as_json()}


if __name__ == "__main__":
    if "--worker" in sys.argv:
        result = work(json.load(sys.stdin))
        print(json.dumps(result))
    else:
        main()
