"""What a trained model's folder holds, and the manifest that vouches for it.

config.json, model.safetensors, tokenizer.json, tokenizer_config.json
the network and its tokenizer, as plain transformers load them
model.onnx        in place of model.safetensors, in a folder that `export` wrote; with it comes
parameters.json   where the graph keeps each parameter of the network
transitions.json  a CRF's transitions, in the folders of CRFs alone
surface.safetensors  surface features' weights, in the folders whose recipe gives them a weight
calibration.json  the temperature of scores, in the folders that `calibrate` completed
recipe.toml       the resolved recipe
run-log.jsonl     a record for each epoch
README.md         the model card
manifest.json     format version, hashes of the files, scores, corpora, versions

A folder may come from a stranger: it is data. Files that the manifest does not name are never read,
links are refused, and what the files say must agree before anything is made of them. The hashes
tell that a folder is the one that was written, not who wrote it.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pharmaner.errors import ModelFolderError
from pharmaner.labels import LabelScheme
from pharmaner.positions import check_window
from pharmaner.recipe import Recipe, parse_recipe
from pharmaner.storage import sha256, write_text

FORMAT = 1
"""The version of the layout; readers refuse newer ones."""

MANIFEST = "manifest.json"
RUN_LOG = "run-log.jsonl"
CARD = "README.md"

TORCH_WEIGHTS = "model.safetensors"
ONNX_WEIGHTS = "model.onnx"
EXACT_WEIGHTS = "model.fp32.onnx"
"""The graph in fp32 beside one in int8, whose close calls it decides."""

NEEDED = ("recipe.toml", "tokenizer.json", "config.json")
"""The files that a prediction rests on, weights apart."""

LARGEST_DESCRIPTION = 1 << 24
"""The most bytes of manifest.json, config.json and recipe.toml."""

TRANSITIONS = "transitions.json"
"""What follows what, where the recipe's decoder is a CRF."""

SURFACE = "surface.safetensors"
"""What surface features weigh, where the recipe gives them a weight."""

PACKAGE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A model folder whose manifest was read and whose files' hashes were verified.

    ``vocabulary`` is the number of pieces that the network knows.
    """

    path: Path
    recipe: Recipe
    manifest: dict[str, Any]
    vocabulary: int

    @property
    def scheme(self) -> LabelScheme:
        """The tags of the network's output, in its order."""
        return scheme_of(self.recipe)

    @property
    def pad_id(self) -> int:
        """The vocabulary index of padding."""
        return int(self.manifest["pad_id"])

    @property
    def card(self) -> str:
        """The model card, empty where the manifest vouches for none.

        Raises:
            ModelFolderError: when it is not UTF-8.
        """
        return _text(self.path / CARD) if self.holds(CARD) else ""

    def holds(self, name: str) -> bool:
        """Whether the manifest vouches for a file of this name."""
        return name in self.manifest["files"]


def scheme_of(recipe: Recipe) -> LabelScheme:
    """The label scheme of a resolved recipe: its types, then its auxiliary types."""
    types = (*recipe.corpus.types, *recipe.corpus.auxiliary)
    return LabelScheme(types, recipe.network.tagging)


def shipped_folder(package: Path = PACKAGE) -> Path | None:
    """The model folder inside the package, where this version ships one."""
    folder = package / "shipped"
    return folder if folder.is_dir() else None


def write_manifest(folder: Path, content: dict[str, Any]) -> None:
    """Write the manifest of a folder that is complete otherwise, with every file's hash."""
    hashes = {path.name: sha256(path) for path in sorted(folder.iterdir()) if path.is_file()}
    _write_json(folder / MANIFEST, {"format": FORMAT, **content, "files": hashes})


def put_file(model: ModelFolder, name: str, content: dict[str, Any]) -> None:
    """Write a JSON file into a model folder and have the manifest vouch for it.

    While the file is written the manifest does not name it, so an interruption at any moment
    leaves a folder that is whole, without the file.
    """
    files = {other: hashed for other, hashed in model.manifest["files"].items() if other != name}
    manifest = {**model.manifest, "files": files}
    _write_json(model.path / MANIFEST, manifest)
    _write_json(model.path / name, content)
    files[name] = sha256(model.path / name)
    _write_json(model.path / MANIFEST, manifest)


def _write_json(path: Path, content: dict[str, Any]) -> None:
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def open_model_folder(path: Path) -> ModelFolder:
    """Read a model folder's manifest and verify its files.

    Raises:
        ModelFolderError: when the folder, its manifest or a file is missing, a link, or larger
            than accepted, a file is not the one that the manifest vouches for, the format is newer
            than this version reads, or the files contradict each other.
        RecipeError: when recipe.toml is none, or its windows are longer than the network reads.
    """
    if not path.is_dir():
        raise ModelFolderError(f"{path}: no such folder; a folder that `train` wrote is accepted")
    manifest = _read_manifest(path)
    for name, expected in manifest["files"].items():
        _verify(path, name, expected)
    _check_vouched(path, manifest, *NEEDED)
    if not {TORCH_WEIGHTS, ONNX_WEIGHTS} & manifest["files"].keys():
        raise ModelFolderError(
            f"{path}: {MANIFEST} vouches for neither {TORCH_WEIGHTS} nor {ONNX_WEIGHTS}"
        )
    file = path / "recipe.toml"
    recipe = parse_recipe(_text(file), str(file))
    if recipe.network.decoder == "crf":
        _check_vouched(path, manifest, TRANSITIONS)
    if recipe.surface.weight:
        _check_vouched(path, manifest, SURFACE)
    vocabulary = _check_config(path / "config.json", recipe, manifest["pad_id"])
    return ModelFolder(path, recipe, manifest, vocabulary)


def _read_manifest(folder: Path) -> dict[str, Any]:
    file = folder / MANIFEST
    try:
        manifest = json.loads(_description(file))
        if type(version := manifest["format"]) is int and version != FORMAT:
            raise ModelFolderError(
                f"{folder}: format {version}; this version reads format {FORMAT}"
            )
        files = manifest["files"]
        is_manifest = version == FORMAT and type(manifest["pad_id"]) is int
        is_manifest &= isinstance(files, dict) and all(isinstance(h, str) for h in files.values())
        is_manifest &= _describes(manifest)
    except FileNotFoundError:
        raise ModelFolderError(f"{folder}: holds no {MANIFEST}, so it is no model folder") from None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        is_manifest = False
    if not is_manifest:
        raise ModelFolderError(f"{file}: is not a manifest")
    return dict(manifest)


def _describes(manifest: dict[str, Any]) -> bool:
    """Whether what a manifest says beyond its files, if it does, has the form that we write."""
    metrics, versions, export = (
        manifest.get(name, {}) for name in ("metrics", "versions", "export")
    )
    are_tables = all(isinstance(table, dict) for table in (metrics, versions, export))
    return (
        are_tables
        and isinstance(metrics.get("dev"), dict | None)
        and all(isinstance(version, str) for version in versions.values())
    )


def _verify(folder: Path, name: str, expected: str) -> None:
    file = folder / name
    shown = name if name.isprintable() and len(name) < 256 else f"{ascii(name)[:64]}..."
    try:
        is_link = file.parent == folder and file.is_symlink()
        is_there = file.parent == folder and file.is_file()
        is_same = is_there and sha256(file) == expected
    except OSError as error:
        raise ModelFolderError(f"{folder}: {shown} cannot be read: {error.strerror}") from None
    if is_link:
        raise ModelFolderError(f"{folder}: {shown} is a link; plain files are accepted")
    if not is_there:
        raise ModelFolderError(f"{folder}: {shown} is missing")
    if not is_same:
        raise ModelFolderError(f"{file}: is not the file that {MANIFEST} vouches for")


def _check_vouched(path: Path, manifest: dict[str, Any], *needed: str) -> None:
    for name in needed:
        if name not in manifest["files"]:
            raise ModelFolderError(f"{path}: {MANIFEST} does not vouch for {name}")


def _text(file: Path) -> str:
    try:
        return _description(file).decode("utf-8")
    except UnicodeDecodeError:
        raise ModelFolderError(f"{file}: is not UTF-8") from None


def _description(file: Path) -> bytes:
    if file.is_symlink():
        raise ModelFolderError(f"{file.parent}: {file.name} is a link; plain files are accepted")
    with file.open("rb") as stream:
        content = stream.read(LARGEST_DESCRIPTION + 1)
    if len(content) > LARGEST_DESCRIPTION:
        raise ModelFolderError(
            f"{file}: is too large; up to {LARGEST_DESCRIPTION >> 20} MiB are accepted"
        )
    return content


def _check_config(file: Path, recipe: Recipe, pad_id: int) -> int:
    """Compare what config.json says with the recipe; returns the size of the vocabulary."""
    try:
        config = json.loads(_description(file))
        by_index = {int(index): tag for index, tag in config["id2label"].items()}
        vocabulary = config["vocab_size"]
        positions = config.get("max_position_embeddings")
        is_config = type(vocabulary) is int and isinstance(config["model_type"], str)
        is_config &= positions is None or type(positions) is int
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        is_config = False
    if not is_config:
        raise ModelFolderError(f"{file}: is not the configuration of a tagger")
    if "auto_map" in config:
        raise ModelFolderError(f"{file}: asks for code from its folder, which is never run")
    try:
        tags = scheme_of(recipe).tags
    except ValueError as error:
        raise ModelFolderError(f"{file.parent / 'recipe.toml'}: {error}") from None
    if by_index != dict(enumerate(tags)):
        raise ModelFolderError(f"{file}: its labels are not those of recipe.toml")
    if not 0 <= pad_id < vocabulary:
        raise ModelFolderError(f"{file}: {vocabulary} pieces; {MANIFEST} pads with piece {pad_id}")
    check_window(config["model_type"], positions, pad_id, recipe.text.window)
    return int(vocabulary)
