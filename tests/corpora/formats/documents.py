"""Documents with everything that a document can hold, for every format."""

from hypothesis import strategies as st

from pharmaner.document import Attachment, Document, Mention, Span

free_text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
clinical = st.sampled_from(
    ["litio", " ", "\n", "\r\n", "5mg", ". ", "Ácido", "\t", "e\u0301", "😀", "anti-CD20", "|", ";"]
)
texts = st.lists(clinical | free_text, max_size=12).map("".join)
names = st.sampled_from(["DRUG", "PROTEIN", "Sub group", "A|B", "T\tX"]) | free_text
values = st.sampled_from(["45", "planta 3", "a,b", 'x"y', "", 3, None, [1], "l\r\nm"]) | free_text
codes = st.sampled_from(["MESH:D008094", "ATC:N05", "a;b", "x y", "-", "t\tu"])


@st.composite
def documents(draw: st.DrawFn, identifier: str = "note") -> Document:
    text = draw(texts)
    mentions = []
    attachments = []
    for number in range(draw(st.integers(0, 5)) if text else 0):
        inside = st.integers(0, len(text))
        size = draw(st.sampled_from([2, 2, 2, 4])) if len(text) > 3 else 2
        edges = sorted(draw(st.lists(inside, min_size=size, max_size=size, unique=True)))
        spans = tuple(Span(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True))
        score = draw(st.none() | st.floats(0, 1).map(lambda value: round(value, 4)))
        held = tuple(draw(st.lists(codes, max_size=2, unique=True)))
        mentions.append(Mention(spans, draw(names), f"T{number + 1}", score, None, held))
        if draw(st.booleans()):
            note = Attachment(f"#{number + 1}\tAnnotatorNotes T{number + 1}\tsal", number + 1)
            attachments.append(note)
    metadata = draw(st.dictionaries(free_text, values, max_size=2))
    return Document(identifier, text, tuple(mentions), tuple(attachments), metadata)
