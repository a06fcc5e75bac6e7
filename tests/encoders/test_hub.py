import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pharmaner.encoders.hub import download_encoder, is_hub_id
from pharmaner.errors import EncoderError

FIRST, SECOND = "1" * 40, "2" * 40
FIND = """
import sys
from pharmaner.encoders.source import find_encoder
from pharmaner.errors import EncoderError
try:
    source = find_encoder(*sys.argv[1:])
except EncoderError as error:
    sys.exit(f"{error}")
print(source.kind, source.revision, source.location, sep="|")
"""


@pytest.fixture
def cache(tiny_bert: Path, tmp_path: Path) -> Path:
    """A hub cache with two revisions of owner/tiny, main being the second."""
    model = tmp_path / "cache" / "models--owner--tiny"
    (model / "refs").mkdir(parents=True)
    (model / "refs" / "main").write_text(SECOND)
    (model / "refs" / "v1").write_text(FIRST)
    for commit in (FIRST, SECOND):
        shutil.copytree(tiny_bert, model / "snapshots" / commit)
    return tmp_path / "cache"


def find_in(cache: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"HF_HUB_CACHE": str(cache), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-c", FIND, *arguments]
    return subprocess.run(
        command, env=environment, cwd=cache, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("revision", "commit"), [("", SECOND), ("main", SECOND), ("v1", FIRST), (FIRST, FIRST)]
)
def test_a_cached_encoder_is_read_from_the_cache_in_its_revision(
    cache: Path, revision: str, commit: str
) -> None:
    found = find_in(cache, "owner/tiny", revision)
    folder = cache / "models--owner--tiny" / "snapshots" / commit
    assert (found.stderr, found.returncode) == ("", 0)
    assert found.stdout == f"hub|{commit}|{folder}\n"


def test_cached_weights_may_be_those_of_torch(cache: Path) -> None:
    folder = cache / "models--owner--tiny" / "snapshots" / SECOND
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    assert find_in(cache, "owner/tiny").stdout == f"hub|{SECOND}|{folder}\n"


@pytest.mark.parametrize(("name", "revision"), [("owner/other", ""), ("owner/tiny", "v2")])
def test_what_the_cache_lacks_is_one_line_that_says_what_to_do(
    cache: Path, name: str, revision: str
) -> None:
    found = find_in(cache, name, revision)
    assert (found.stdout, found.returncode) == ("", 1)
    assert found.stderr == (
        f"{name!r}: not on this machine, and the hub cannot be reached; copy the encoder's folder "
        "here and name it, or choose one that `pharmaner encoders` lists\n"
    )


@pytest.mark.parametrize(
    ("absent", "kind"), [("model.safetensors", "weights"), ("tokenizer.json", "tokenizer")]
)
def test_a_cache_that_holds_a_part_is_refused_by_what_is_missing(
    cache: Path, absent: str, kind: str
) -> None:
    folder = cache / "models--owner--tiny" / "snapshots" / SECOND
    (folder / absent).unlink()
    found = find_in(cache, "owner/tiny")
    assert found.stdout == ""
    assert found.stderr.startswith(f"{folder}: holds no {kind}; one of ")
    assert found.stderr.count("\n") == 1


def test_a_name_that_the_hub_never_gives_is_one_line() -> None:
    with pytest.raises(EncoderError) as caught:
        download_encoder("owner/two--dashes")
    message = str(caught.value)
    assert message.startswith("'owner/two--dashes': the hub does not give it: ")
    assert message.endswith(
        "; a folder, a hub id or a name that `pharmaner encoders` lists is accepted"
    )
    assert "\n" not in message


@pytest.mark.parametrize("name", ["bert-base-cased", "owner/model", "Owner.1/model_2.x-y", "a/b"])
def test_these_are_hub_ids(name: str) -> None:
    assert is_hub_id(name)


@pytest.mark.parametrize(
    "name",
    ["", "a/b/c", "./a", "../a", "/a/b", "~/a", "a/", "/a", "a b", "a/b\n", "-a", "a/.b", "a\\b"],
)
def test_these_are_none(name: str) -> None:
    assert not is_hub_id(name)
