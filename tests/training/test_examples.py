from pathlib import Path

from pharmaner.document import Document, Mention
from pharmaner.labels import LabelScheme, Tagging
from pharmaner.network.encoder_tokenizer import encoder_tokenizer
from pharmaner.prediction.predictor import Windower
from pharmaner.recipe import TextSection
from pharmaner.training.examples import NOT_LEARNED, make_examples


def test_every_piece_has_the_tag_of_its_word(tiny_bert: Path) -> None:
    document = Document("d", "el litio de", (Mention.at(3, 8, "DRUG"),))
    windower = Windower(encoder_tokenizer(tiny_bert), TextSection(window=32, context=0))
    scheme = LabelScheme(("DRUG",), Tagging.BIOES)
    (example,), report = make_examples([document], windower, scheme)
    pieces = [windower.tokenizer.tokenizer.id_to_token(i) for i in example.input_ids]
    assert pieces == ["[CLS]", "el", "l", "##i", "##t", "##i", "##o", "de", "[SEP]"]
    tags = [None if label == NOT_LEARNED else scheme.tags[label] for label in example.labels]
    assert tags == [None, "O", "S-DRUG", "S-DRUG", "S-DRUG", "S-DRUG", "S-DRUG", "O", None]
    assert report.losses == []


def test_in_the_papers_scheme_every_piece_is_learned(tiny_bert: Path) -> None:
    document = Document("d", "el litio, de sodio", (Mention.at(3, 8, "DRUG"),))
    windower = Windower(encoder_tokenizer(tiny_bert), TextSection(window=32, context=0))
    scheme = LabelScheme(("DRUG",), Tagging.BIO_X)
    (example,), _ = make_examples([document], windower, scheme)
    tags = " ".join(scheme.tags[label] for label in example.labels)
    assert tags == "CLS O B-DRUG X X X X O O O X X X X SEP"


def test_context_is_not_learned_in_the_papers_scheme_either(tiny_bert: Path) -> None:
    text = "toma litio, sodio y 5mg de potasio.\n" * 20
    windower = Windower(encoder_tokenizer(tiny_bert), TextSection(window=32, context=6))
    scheme = LabelScheme(("DRUG",), Tagging.BIO_X)
    examples, _ = make_examples([Document("d", text)], windower, scheme)
    whole = windower.tokenizer.tokenizer.encode(text, add_special_tokens=False)
    learned = sum(int((example.labels != NOT_LEARNED).sum()) for example in examples)
    assert learned == len(whole.ids) + 2 * len(examples)


def test_each_piece_of_a_long_text_is_learned_in_exactly_one_window(tiny_bert: Path) -> None:
    text = "toma litio, sodio y 5mg de potasio.\n" * 20
    windower = Windower(encoder_tokenizer(tiny_bert), TextSection(window=32, context=6))
    examples, _ = make_examples([Document("d", text)], windower, LabelScheme(("DRUG",)))
    whole = windower.tokenizer.tokenizer.encode(text, add_special_tokens=False)
    assert len(examples) > 10
    learned = [
        int(piece)
        for example in examples
        for piece, label in zip(example.input_ids, example.labels, strict=True)
        if label != NOT_LEARNED
    ]
    assert learned == whole.ids
