from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from pharmaner.errors import ModelFolderError
from pharmaner.labels import LabelScheme
from pharmaner.surface.features import NO_FEATURE, surface_features
from pharmaner.surface.lexicon import packaged_lexicon
from pharmaner.surface.scorer import SurfaceScorer, read_surface, write_surface
from pharmaner.text.words import split_words

SCHEME = LabelScheme(("DRUG",))
TEXT = "Toma 5mg de litio, no de Litio."


def drawn(weight: float = 1.0) -> SurfaceScorer:
    random = np.random.default_rng(0)
    table = random.normal(size=(NO_FEATURE + 1, 3)).astype(np.float16).astype(np.float32)
    table[NO_FEATURE] = 0
    transitions = random.normal(size=(3, 3)).astype(np.float32).astype(np.float64)
    return SurfaceScorer(packaged_lexicon(), table, transitions, weight)


def test_a_words_emission_is_the_weighted_sum_of_its_features_rows() -> None:
    scorer, words = drawn(0.5), split_words(TEXT)
    expected = [
        [0.5 * sum(float(scorer.table[row, tag]) for row in rows) for tag in range(3)]
        for rows in surface_features(TEXT, words, packaged_lexicon())
    ]
    assert scorer.emissions(TEXT, words) == pytest.approx(np.array(expected), abs=1e-5)
    assert (scorer.weighted_transitions == 0.5 * scorer.transitions).all()
    assert scorer.emissions("", []).shape == (0, 3)


def test_a_file_is_read_as_written(tmp_path: Path) -> None:
    path = tmp_path / "surface.safetensors"
    write_surface(path, drawn())
    read = read_surface(path, SCHEME, 0.7)
    assert (read.table == drawn().table).all()
    assert (read.transitions == drawn().transitions).all()
    assert read.weight == 0.7
    assert (
        read.emissions(TEXT, split_words(TEXT)) == drawn(0.7).emissions(TEXT, split_words(TEXT))
    ).all()


def test_what_is_no_file_of_weights_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "surface.safetensors"
    small = np.zeros((4, 3), dtype=np.float16)
    whole = np.zeros((NO_FEATURE, 3), dtype=np.float16)
    square = np.zeros((3, 3), dtype=np.float32)
    known = packaged_lexicon().arrays()
    contents = {
        "is not a file of": b"{}",
        "is not a file of surface": save({"table": whole}),
        "is not a file of surface features": save({"table": whole, "transitions": square}),
        "tables of (4, 3) and": save({"table": small, "transitions": square, **known}),
        "a weight is not": save({"table": whole, "transitions": square + np.inf, **known}),
    }
    for message, content in contents.items():
        path.write_bytes(content)
        with pytest.raises(ModelFolderError) as error:
            read_surface(path, SCHEME, 1.0)
        assert message in str(error.value)
    with pytest.raises(ModelFolderError, match="is not a file of"):
        read_surface(tmp_path / "absent", SCHEME, 1.0)
    write_surface(path, drawn())
    with pytest.raises(ModelFolderError, match="are accepted"):
        read_surface(path, LabelScheme(("DRUG", "PROTEIN")), 1.0)
