import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pharmaner.corpora.folder import read_folder
from pharmaner.text.sentences import split_sentences
from pharmaner.text.words import split_words
from tests.conftest import SHARED, needs_shared
from tests.text.test_words import WHITE_SPACE

notes = st.text(
    st.sampled_from('aBcÑ15.!?…:;,"»)(¿-•* \t\n\r\xa0\u2028\x1c\x85\u200b'), max_size=120
)
phrases = st.lists(
    st.sampled_from(
        ["Dra.", "Tto.", "v.o.", "litio", "Alta", "5", "mg/dl.", "A.I.N.E.", "¿Fiebre?", " ", "\n"]
    ),
    max_size=40,
).map("".join)


def sentences(text: str) -> list[str]:
    return [text[span.start : span.end] for span in split_sentences(text)]


@given(st.one_of(notes, phrases, st.text(max_size=60)))
@settings(deadline=None, max_examples=200)
def test_sentences_are_in_order_and_leave_out_white_space_alone(text: str) -> None:
    outside = []
    position = 0
    for span in split_sentences(text):
        assert position <= span.start
        outside.append(text[position : span.start])
        position = span.end
        assert text[span.start] not in WHITE_SPACE
        assert text[span.end - 1] not in WHITE_SPACE
    outside.append(text[position:])
    assert set("".join(outside)) <= WHITE_SPACE


@given(st.one_of(notes, phrases))
@settings(deadline=None, max_examples=200)
def test_no_sentence_ends_inside_a_word(text: str) -> None:
    ends = {span.end for span in split_sentences(text)}
    for word in split_words(text):
        assert ends.isdisjoint(range(word.start + 1, word.end))


@pytest.mark.parametrize(
    "text",
    [
        "Valorada por la Dra. Quiroga en consulta.",
        "Remitido por el Dr. Saavedra con Sres. Lobo y Vega.",
        "La Sra. Ibarra y el Sr. Montes acuden juntos.",
        "Tto. Enalapril 10 mg cada noche.",
        "Pide Rx. Tórax normal.",
        "Toma un A.I.N.E. Diclofenaco a demanda.",
        "Masa heterogénea (Fig. 2) en lóbulo inferior.",
        "Las Figs. 3 y 4 muestran el hallazgo.",
        "Pesa aprox. 70 kilos.",
        "Cama núm. 12 de la planta.",
        "Consulta nº. 7 del centro.",
        "Paracetamol v.o. 1 g cada ocho horas.",
        "Antitérmicos, p.ej. Paracetamol, si precisa.",
        "Dosis máx. 4 g y mín. 1 g.",
        "Ingresa en el Hosp. Comarcal.",
        "Ant. Alergia a penicilina.",
        "Dx. Hepatitis aguda.",
        "Véase pág. 33 del informe.",
        "Dcha. Normal, izda. Derrame leve.",
        "Déficit de vit. B12 conocido.",
        "Suplementos de ac. Fólico diarios.",
        "Cultivo con E. Coli sensible.",
        "Hemocultivo con S. Aureus resistente.",
        "Firmado: J. M. Olmedo.",
        "Prof. Arce y Profa. Lema presentes.",
        "Metformina 1 comp. 2 veces al día.",
        "Suero fisiológico, vol. 500 ml.",
        "Virus herpes vs. Citomegalovirus.",
        "Citado a las 9 a.m. 3 días después.",
        "Recibe el tto. Habitual sin cambios.",
        "Temp. 38,2 al ingreso.",
        "Rep. n. 5 en curso.",
        "Hb 12.5 y K 4.1 en control.",
        "Acude por dolor. y fiebre.",
    ],
)
def test_a_full_stop_that_ends_nothing_does_not_cut(text: str) -> None:
    assert sentences(text) == [text]


@pytest.mark.parametrize(
    "text",
    [
        "Ingresa por fiebre.|Recibe ceftriaxona.",
        "Glucosa de 98 mg/dl.|Resto normal.",
        "GOT de 33 U/L.|Se repite.",
        "Dilatación de 4 cm.|2 días después mejora.",
        "Tratado con litio IV.|Buena respuesta.",
        "Fiebre desde hace 3 h.|Sin tos.",
        "¿Alergias?|No constan.",
        "¡Mejora!|Alta.",
        "Sodio 140.|Potasio 4.",
        "Refiere dolor.|¿Irradiado?",
        "Pauta completa (10 días).|Alta.",
        "Dijo «estoy bien.»|Se fue.",
        "Hemograma...|Normal.",
        "Sin cambios…|Alta.",
        "Dolor.|(Véase nota.)",
        "Dra. Quiroga: alta.|Tto. Enalapril.|Rx. Normal.",
        "Estable.\t|Áfebril hoy.",
        "Estable.\xa0|Afebril hoy.",
        "Estadio III.|Ecografía normal.",
        "Ingresó en la UCI.|Evolución lenta.",
    ],
)
def test_a_true_end_cuts(text: str) -> None:
    parts = text.split("|")
    assert sentences(" ".join(parts)) == [part.strip() for part in parts]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("lines", "joined"),
    [
        (["Paciente que acude", "por dolor torácico."], [[0, 1]]),
        (["Ingresa en", "Urgencias con", "fiebre."], [[0, 1, 2]]),
        (["Visto por la Dra. Soto en", "consulta."], [[0, 1]]),
        (["ANTECEDENTES", "", "Ninguno"], [[0], [2]]),
        (["ANTECEDENTES", " \t", "Ninguno"], [[0], [2]]),
        (["Analítica:", "sodio 140", "potasio 4"], [[0], [1, 2]]),
        (["Alergias;", "ninguna"], [[0], [1]]),
        (["Mejora.", "alta"], [[0], [1]]),
        (["Mejora.  ", "alta"], [[0], [1]]),
        (["¿Fiebre?", "no", "¡bien!", "alta"], [[0], [1, 2], [3]]),
        (
            ["Recibe", "- litio 400 mg", "- sodio", "  • zinc", "* hierro", "– cobre"],
            [[n] for n in range(6)],
        ),
        (["Control por la Dra.", "Soto"], [[0], [1]]),
    ],
)
def test_lines_are_joined_as_prose_or_kept_apart(
    newline: str, lines: list[str], joined: list[list[int]]
) -> None:
    expected = [newline.join(lines[place] for place in group).strip() for group in joined]
    assert sentences(newline.join(lines)) == expected


@pytest.mark.parametrize("text", ["", " ", "\n\r\n\t \xa0"])
def test_a_text_without_visible_code_points_has_no_sentence(text: str) -> None:
    assert split_sentences(text) == []


@pytest.mark.parametrize("run", [".", "!?", ".)", ". ", "…\xa0", " ", "\t", "a"])
def test_a_run_of_200_000_code_points_inside_a_line_is_read_through(run: str) -> None:
    text = f"Alta {run * (200_000 // len(run))}x"
    assert sentences(text) == [text]


@pytest.mark.parametrize("run", ["\n", "\r", "\r\n", "\n \t"])
def test_a_run_of_200_000_blank_lines_is_one_boundary(run: str) -> None:
    assert sentences(f"Alta {run * 200_000}x") == ["Alta", "x"]


@needs_shared
@pytest.mark.parametrize(("part", "mentions"), [("dev", 1926), ("train", 3822)])
def test_no_gold_mention_is_cut_by_a_sentence_boundary(part: str, mentions: int) -> None:
    found = cut = sentences = 0
    documents = read_folder(SHARED / "data" / "pharmaconer" / part).documents
    for document in documents:
        spans = split_sentences(document.text)
        sentences += len(spans)
        found += len(document.mentions)
        for mention in document.mentions:
            inside = [s for s in spans if s.start <= mention.start and mention.end <= s.end]
            cut += len(inside) == 0
    assert sentences > 12 * len(documents)
    assert (found, cut) == (mentions, 0)
