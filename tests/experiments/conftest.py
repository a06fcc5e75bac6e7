import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from pharmaner.corpora.folder import read_folder, write_folder
from pharmaner.document import Document
from pharmaner.experiments.space import Space, parse_space
from pharmaner.recipe import Recipe

FOUR_CELLS = """
[parameters]
"training.epochs" = { values = [2, 6] }
"training.learning_rate" = { values = [1e-3, 3e-3], also = ["training.head_learning_rate"] }
"""


@dataclass(frozen=True)
class Setting:
    """Everything that a study needs, in memory and on disk."""

    recipe: Recipe
    documents: list[Document]
    folder: Path

    def space(self, content: str = FOUR_CELLS) -> Space:
        return parse_space(content, "space.toml")

    def command(self, output: str, space: str = FOUR_CELLS, *more: str) -> list[str]:
        (self.folder / "recipe.toml").write_text(self.recipe.as_toml())
        (self.folder / "space.toml").write_text(space)
        arguments = ["tune", "--train", "corpus", "--dev", "corpus", "--recipe", "recipe.toml"]
        arguments += ["--space", "space.toml", "--output", output, *more]
        return [sys.executable, "-c", "from pharmaner.cli.main import run; run()", *arguments]

    def start(self, command: list[str], said: str = "said") -> subprocess.Popen[bytes]:
        """Run a command line in a process of its own; what it says goes to a file."""
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        with (self.folder / said).open("wb") as errors:
            return subprocess.Popen(
                command,
                cwd=self.folder,
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )


@pytest.fixture
def setting(small_corpus: list[Document], tiny_recipe: Recipe, tmp_path: Path) -> Setting:
    write_folder(small_corpus, tmp_path / "corpus")
    return Setting(tiny_recipe, list(read_folder(tmp_path / "corpus").documents), tmp_path)
