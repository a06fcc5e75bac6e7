import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

from pharmaner.corpora.folder import write_folder
from pharmaner.document import Document, Mention
from pharmaner.scoring.error_analysis import ErrorClass
from tests.cli.conftest import Cli

WriteCorpus = Callable[..., Path]
TEXT = "Toma litio 5mg <b>&amp;</b> sodio.\nControl de ferritina alta."
GOLD = "T1\tPROTEINAS 46 55\tferritina\nT2\tNORMALIZABLES 5 10\tlitio\n"
GOLD += "T3\tNORMALIZABLES 28 33\tsodio\n"
SYSTEM = "T1\tNORMALIZABLES 46 55\tferritina\nT2\tNORMALIZABLES 5 14\tlitio 5mg\n"
SYSTEM += "T3\tPROTEINAS 0 4\tToma\n"
KINDS = {kind.value for kind in ErrorClass}


class Items(HTMLParser):
    """The list items that carry a class of error, and every address in the page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.classes: list[str] = []
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if tag == "li" and name == "data-class":
                self.classes.append(str(value))
            if name in {"src", "href", "action"}:
                self.addresses.append(str(value))


def folders(write_corpus: WriteCorpus) -> tuple[Path, Path]:
    return write_corpus("gold", note=(TEXT, GOLD)), write_corpus("system", note=(TEXT, SYSTEM))


def test_json_has_each_error_with_its_sentence(cli: Cli, write_corpus: WriteCorpus) -> None:
    gold, system = folders(write_corpus)
    result = cli("errors", gold, system, "--json")
    assert result.code == 0
    found = json.loads(result.out)
    assert found["false_negatives"] == {
        "boundary": 1,
        "type": 1,
        "boundary_and_type": 0,
        "missed": 1,
    }
    assert found["false_positives"] == {
        "boundary": 1,
        "type": 1,
        "boundary_and_type": 0,
        "spurious": 1,
    }
    assert found["wrong_types"] == {"chemical against protein": {"type": 1, "boundary_and_type": 0}}
    assert len(found["errors"]) == 4
    for error in found["errors"]:
        sentence = error["sentence"]
        assert TEXT[sentence["start"] : sentence["end"]] == sentence["text"]
        for side in ("gold", "predicted"):
            if error[side]:
                ((start, end),) = error[side]["spans"]
                assert TEXT[start:end] == error[side]["text"]
                assert sentence["start"] <= start
                assert end <= sentence["end"]
    assert set(found["repaired"]) == KINDS


def test_seen_and_unseen_need_the_training_corpus(cli: Cli, write_corpus: WriteCorpus) -> None:
    gold, system = folders(write_corpus)
    train = write_corpus("train", one=("LITIO.", "T1\tNORMALIZABLES 0 5\tLITIO\n"))
    without = cli("errors", gold, system, "--json")
    assert "seen" not in json.loads(without.out)["breakdowns"]
    assert "without --train FOLDER" in without.err
    seen = json.loads(cli("errors", gold, system, "--train", train, "--json").out)["breakdowns"]
    misses = {name: sum(t["false_negatives"].values()) for name, t in seen["seen"].items()}
    assert misses == {"seen": 1, "unseen": 2}


def test_the_page_holds_each_error_once_and_loads_nothing(
    cli: Cli, write_corpus: WriteCorpus, tmp_path: Path
) -> None:
    gold, system = folders(write_corpus)
    file = tmp_path / "errors.html"
    result = cli("errors", gold, system, "--page", file)
    assert result.code == 0
    page = file.read_text(encoding="utf-8")
    items = Items(page)
    assert sorted(items.classes) == ["boundary", "missed", "spurious", "type"]
    assert items.addresses == []
    assert not re.search(r"https?:", page.replace("http://www.w3.org/2000/svg", ""))
    assert "b" not in items.tags
    assert "&lt;b&gt;&amp;amp;&lt;/b&gt;" in page
    assert str(gold.parent) not in page
    for label in ("boundary", "missed", "spurious", "type"):
        assert re.search(rf"│ {label} +│", result.out)


def test_a_model_is_analysed_like_its_predictions(
    cli: Cli, trained: Path, write_corpus: WriteCorpus, small_corpus: list[Document]
) -> None:
    annotations = "".join(
        f"T{n}\t{m.label} {m.start} {m.end}\t{small_corpus[0].text_of(m)}\n"
        for n, m in enumerate(small_corpus[0].mentions, 1)
    )
    gold = write_corpus("gold", note=(small_corpus[0].text, annotations))
    found = json.loads(cli("errors", gold, "--model", trained, "--json").out)
    assert found["score"]["f1"] == 1
    assert found["errors"] == []


def test_bad_input_is_one_line(cli: Cli, write_corpus: WriteCorpus, tmp_path: Path) -> None:
    gold, system = folders(write_corpus)
    nowhere, there = tmp_path / "absent" / "page.html", tmp_path / "page.html"
    there.write_text("precious")
    for arguments, message in (
        ((gold, system, "--model", gold), "errors: one of PREDICTED and --model DIR is accepted"),
        ((gold, system, "--page", nowhere), f"{nowhere}: a file in a folder that exists"),
        ((gold, system, "--page", tmp_path), f"{tmp_path}: a file in a folder that exists"),
        ((gold, system, "--page", there), f"{there}: is there already; name a new file"),
        ((gold, tmp_path / "no"), "no: no such file or folder"),
    ):
        result = cli("errors", *arguments)
        assert result.code == 2
        assert message in result.err
        assert result.err.rstrip().count("\n") <= 1
        assert result.out == ""


def test_a_page_names_the_tagger_in_the_package(cli: Cli, tmp_path: Path) -> None:
    gold, page = tmp_path / "gold", tmp_path / "page.html"
    mention = Mention.at(6, 11, "NORMALIZABLES")
    write_folder([Document("d", "Tomó litio.", (mention,))], gold)
    assert cli("errors", gold, "--page", page).code == 0
    assert "gold · the tagger in the package" in page.read_text()


def test_gold_of_a_type_that_the_model_never_finds_is_counted(
    cli: Cli, trained: Path, tmp_path: Path
) -> None:
    gold = tmp_path / "gold"
    mentions = (Mention.at(0, 5, "DRUG"), Mention.at(6, 9, "UNCLEAR"))
    write_folder([Document("d", "litio 5mg", mentions)], gold)
    line = "1 gold mentions of UNCLEAR, which the model never finds, count as missed"
    for verb in ("evaluate", "errors"):
        public = cli(verb, gold, "--model", trained, "--scorer", "public")
        assert line in public.err.splitlines()
        assert "count as missed" not in cli(verb, gold, "--model", trained).err
