"""What a trained model's folder holds, and the manifest that vouches for it.

config.json, model.safetensors, tokenizer.json, tokenizer_config.json
the network and its tokenizer, as plain transformers load them
model.onnx        in place of model.safetensors, in a folder that `export` wrote; with it comes
parameters.json   where the graph keeps each parameter of the network
recipe.toml       the resolved recipe
run-log.jsonl     a record for each epoch
README.md         the model card
manifest.json     format version, hashes of the files, scores, corpora, versions
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pharmaner.errors import ModelFolderError
from pharmaner.labels import LabelScheme
from pharmaner.recipe import Recipe, parse_recipe
from pharmaner.storage import sha256, write_text

FORMAT = 1
"""The version of the layout; readers refuse newer ones."""

MANIFEST = "manifest.json"

TORCH_WEIGHTS = "model.safetensors"
ONNX_WEIGHTS = "model.onnx"

PACKAGE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A model folder whose manifest was read and whose files' hashes were verified."""

    path: Path
    recipe: Recipe
    manifest: dict[str, Any]

    @property
    def scheme(self) -> LabelScheme:
        """The tags of the network's output, in its order."""
        return scheme_of(self.recipe)

    @property
    def pad_id(self) -> int:
        """The vocabulary index of padding."""
        return int(self.manifest["pad_id"])

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
    manifest = {"format": FORMAT, **content, "files": hashes}
    write_text(folder / MANIFEST, json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


def open_model_folder(path: Path) -> ModelFolder:
    """Read a model folder's manifest and verify its files.

    Raises:
        ModelFolderError: when the folder, its manifest or a file is missing, a file is not the
            one that the manifest vouches for, or the format is newer than this version reads.
    """
    if not path.is_dir():
        raise ModelFolderError(f"{path}: no such folder; a folder that `train` wrote is accepted")
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        if (version := manifest["format"]) != FORMAT:
            raise ModelFolderError(f"{path}: format {version}; this version reads format {FORMAT}")
        hashes, _ = dict(manifest["files"]), int(manifest["pad_id"])
    except FileNotFoundError:
        raise ModelFolderError(f"{path}: holds no {MANIFEST}, so it is no model folder") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise ModelFolderError(f"{path / MANIFEST}: is not a manifest") from None
    for name, expected in hashes.items():
        file = path / name
        if file.parent != path or not file.is_file():
            raise ModelFolderError(f"{path}: {name} is missing")
        if sha256(file) != expected:
            raise ModelFolderError(f"{file}: is not the file that {MANIFEST} vouches for")
    for needed in ("recipe.toml", "tokenizer.json", "config.json"):
        if needed not in hashes:
            raise ModelFolderError(f"{path}: {MANIFEST} does not vouch for {needed}")
    if not {TORCH_WEIGHTS, ONNX_WEIGHTS} & hashes.keys():
        raise ModelFolderError(
            f"{path}: {MANIFEST} vouches for neither {TORCH_WEIGHTS} nor {ONNX_WEIGHTS}"
        )
    content = (path / "recipe.toml").read_text(encoding="utf-8")
    return ModelFolder(path, parse_recipe(content, str(path / "recipe.toml")), manifest)
