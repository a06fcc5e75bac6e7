"""What a trained model's folder holds, and the manifest that vouches for it.

config.json, model.safetensors, tokenizer.json, tokenizer_config.json
the network and its tokenizer, as plain transformers load them
transitions.json  a CRF's transitions, in the folders of CRFs alone
calibration.json  the temperature of scores, in the folders that `calibrate` completed
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

TRANSITIONS = "transitions.json"
"""What follows what, where the recipe's decoder is a CRF."""


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


def scheme_of(recipe: Recipe) -> LabelScheme:
    """The label scheme of a resolved recipe: its types, then its auxiliary types."""
    types = (*recipe.corpus.types, *recipe.corpus.auxiliary)
    return LabelScheme(types, recipe.network.tagging)


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
    _check_vouched(
        path, hashes, "recipe.toml", "tokenizer.json", "config.json", "model.safetensors"
    )
    content = (path / "recipe.toml").read_text(encoding="utf-8")
    recipe = parse_recipe(content, str(path / "recipe.toml"))
    if recipe.network.decoder == "crf":
        _check_vouched(path, hashes, TRANSITIONS)
    return ModelFolder(path, recipe, manifest)


def _check_vouched(path: Path, hashes: dict[str, str], *needed: str) -> None:
    for name in needed:
        if name not in hashes:
            raise ModelFolderError(f"{path}: {MANIFEST} does not vouch for {name}")
