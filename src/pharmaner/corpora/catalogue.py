"""The corpora that ``pharmaner corpus get`` knows: where they lie and under which licence."""

from dataclasses import dataclass

from pharmaner.errors import CorpusError


@dataclass(frozen=True, slots=True)
class PublishedCorpus:
    """A corpus that its makers publish as one zip archive.

    ``sha256`` is that of the archive, where someone has verified it; else what is downloaded first
    is recorded, see ``obtain``.
    """

    name: str
    description: str
    licence: str
    citation: str
    homepage: str
    address: str
    sha256: str | None = None


PHARMACONER = PublishedCorpus(
    name="pharmaconer",
    description="1,000 Spanish clinical cases: drugs, chemicals, proteins (brat)",
    licence="CC BY 4.0, https://creativecommons.org/licenses/by/4.0/",
    citation="Gonzalez-Agirre et al. (2019), PharmaCoNER, BioNLP-OST, doi:10.18653/v1/D19-5701",
    homepage="https://doi.org/10.5281/zenodo.4270158",
    address="https://zenodo.org/records/4270158/files/pharmaconer.zip?download=1",
)

CATALOGUE = {PHARMACONER.name: PHARMACONER}


def find_corpus(name: str) -> PublishedCorpus:
    """A corpus by name.

    Raises:
        CorpusError: when it is not in the catalogue.
    """
    if name not in CATALOGUE:
        raise CorpusError(f"{name}: no such corpus; {', '.join(CATALOGUE)} is accepted")
    return CATALOGUE[name]
