from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pharmaner.document import Document, Mention, Span
from pharmaner.training.mention_replacement import MentionReplacement

NAMES = {"DRUG": ["litio", "ácido fólico", "AAS"], "PROTEIN": ["PCR", "albúmina"], "SOLE": ["x"]}


def document_of(parts: list[tuple[str, str | None]]) -> Document:
    text, mentions = "", []
    for content, label in parts:
        if label:
            mentions.append(Mention.at(len(text), len(text) + len(content), label))
        text += content
    return Document("d", text, tuple(mentions))


def name_of(label: str) -> st.SearchStrategy[tuple[str, str]]:
    return st.sampled_from(NAMES[label]).map(lambda name: (name, label))


def between() -> st.SearchStrategy[tuple[str, None]]:
    return st.text(" .,(-\n", min_size=1, max_size=4).map(lambda text: (text, None))


parts = st.lists(st.tuples(between(), st.sampled_from([*NAMES]).flatmap(name_of)), max_size=6).map(
    lambda pairs: [part for pair in pairs for part in pair]
)


@settings(deadline=None, max_examples=100)
@given(parts, st.integers(0, 999))
def test_every_mention_becomes_another_name_and_all_else_stays(
    parts: list[tuple[str, str | None]], seed: int
) -> None:
    document = document_of(parts)
    altered = MentionReplacement(NAMES, 1.0).apply(document, np.random.default_rng(seed))
    expected = []
    found = iter(altered.mentions)
    for content, label in parts:
        name = altered.text_of(next(found)) if label else content
        expected.append((name, label))
        if label:
            assert name in NAMES[label]
            assert (name == content) is (label == "SOLE")
    assert altered == document_of(expected)


def test_mentions_that_cannot_give_way_are_moved_along() -> None:
    text = "con litio: anti-PCR12, hierro y zinc orales"
    spans = [(Span(4, 9),), (Span(11, 19),), (Span(16, 19),), (Span(23, 29), Span(37, 43))]
    labels = ["DRUG", "PROTEIN", "PROTEIN", "DRUG"]
    mentions = tuple(Mention(s, label) for s, label in zip(spans, labels, strict=True))
    document = Document("d", text, mentions)
    names = {"DRUG": ["litio", "ácido fólico"], "PROTEIN": ["anti-PCR", "PCR", "albúmina"]}
    altered = MentionReplacement(names, 1.0).apply(document, np.random.default_rng(0))
    assert altered.text == "con ácido fólico: anti-PCR12, hierro y zinc orales"
    assert [altered.text_of(m) for m in altered.mentions] == [
        "ácido fólico",
        "anti-PCR",
        "PCR",
        "hierro orales",
    ]


def test_a_share_is_each_mentions_chance_and_other_names_are_equally_likely() -> None:
    document = document_of([("litio", "DRUG"), (" ", None)] * 2000)
    names = {"DRUG": ["litio", "sodio", "zinc"]}
    altered = MentionReplacement(names, 0.3).apply(document, np.random.default_rng(0))
    counts = Counter(altered.text_of(mention) for mention in altered.mentions)
    assert 1300 < counts["litio"] < 1500
    assert 240 < counts["sodio"] < 360
    assert 240 < counts["zinc"] < 360


def test_names_are_those_of_the_wanted_types_in_one_piece() -> None:
    document = Document(
        "d",
        "litio y litio, PCR",
        (
            Mention.at(8, 13, "DRUG"),
            Mention.at(0, 5, "DRUG"),
            Mention((Span(0, 5), Span(6, 7)), "DRUG"),
            Mention.at(15, 18, "PROTEIN"),
        ),
    )
    assert MentionReplacement.of([document], ["DRUG"], 0.5).names == {"DRUG": ["litio"]}
