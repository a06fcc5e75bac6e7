import io

from rich.console import Console

from pharmaner.document import Document, Mention
from pharmaner.report.terminal import coloured, visible

TEXT = "Toma [bold]litio[/bold] e insulina.\nAlta"
LITHIUM = Mention.at(11, 16, "DRUG")
INSULIN = Mention.at(26, 34, "PROTEIN")


def printed(document: Document, colour: bool) -> str:
    stream = io.StringIO()
    console = Console(
        file=stream,
        force_terminal=colour,
        color_system="standard" if colour else None,
        width=200,
        legacy_windows=False,
        _environ={},
    )
    console.print(coloured(document), highlight=False, soft_wrap=True)
    return stream.getvalue()


def test_every_mention_is_followed_by_its_type_and_nothing_else_is_added() -> None:
    shown = printed(Document("d", TEXT, (LITHIUM, INSULIN)), colour=False)
    assert shown == "Toma [bold]litio DRUG [/bold] e insulina PROTEIN .\nAlta\n"


def test_a_text_without_mentions_is_shown_as_it_is() -> None:
    assert printed(Document("d", TEXT), colour=True) == f"{TEXT}\n"


def test_types_have_different_backgrounds_and_the_rest_has_none() -> None:
    text = coloured(Document("d", TEXT, (LITHIUM, INSULIN)))
    backgrounds: dict[int, str] = {}
    for span in text.spans:
        name = str(span.style).split(" on ")[1].split()[0]
        for place in range(span.start, span.end):
            assert place not in backgrounds
            backgrounds[place] = name
    drug, protein = text.plain.index("litio"), text.plain.index("insulina")
    assert backgrounds[drug] == backgrounds[drug + 8]
    assert backgrounds[drug] != backgrounds[protein]
    assert drug - 1 not in backgrounds
    assert text.plain.index("Alta") not in backgrounds


def test_more_types_than_colours_can_still_be_shown() -> None:
    mentions = tuple(Mention.at(n, n + 1, f"T{n:02}") for n in range(9))
    shown = printed(Document("d", "abcdefghi", mentions), colour=False)
    assert shown == "".join(f"{c} T{n:02} " for n, c in enumerate("abcdefghi")) + "\n"


def test_a_text_cannot_steer_the_terminal() -> None:
    hostile = "a\x1b[31mb\x07c\x9b2Jd\r\ne"
    shown = printed(Document("d", hostile, (Mention.at(0, 5, "DRUG\x1b[2J"),)), colour=False)
    assert not {c for c in shown if (ord(c) < 32 and c != "\n") or 0x7F <= ord(c) < 0xA0}
    assert shown.startswith("a␛[31 DRUG␛[2J m")
    assert visible("\x1b[2J") == "␛[2J"
