"""Every exception that pharmaner raises on purpose.

    PharmanerError
    ├── InputError              what was given cannot be used; the command line exits with 2
    │   ├── CorpusError         a corpus: file, line, what was found, what is accepted
    │   ├── RecipeError         a recipe: key, what was found, what is accepted
    │   ├── EncoderError        a pre-trained encoder that cannot be had
    │   ├── ModelFolderError    a trained model's folder that is incomplete or altered
    │   ├── DictionaryError     a user's list of names: file, line, what is accepted
    │   ├── OutputError         a place that cannot be written to
    │   └── ExportError         a network that cannot be written as an ONNX graph
    ├── ParityError             an exported model that differs too much; the exit code is 1
    └── MissingExtraError       an optional part of the installation is absent

The text of each is one line, ready to be shown.
"""


class PharmanerError(Exception):
    """The root of the tree."""


class InputError(PharmanerError):
    """What was given cannot be used."""


class CorpusError(InputError):
    """A corpus that cannot be read, or that contradicts itself."""


class RecipeError(InputError):
    """A recipe with an unknown key, a wrong type or a contradiction."""


class EncoderError(InputError):
    """A pre-trained encoder that is unknown, absent or unreadable."""


class ModelFolderError(InputError):
    """A trained model's folder that is incomplete, altered or too new."""


class DictionaryError(InputError):
    """A list of names that cannot be read, or of a type that the model does not know."""


class OutputError(InputError):
    """A place that cannot be written to."""


class ExportError(InputError):
    """A network that cannot be written as an ONNX graph."""


class ParityError(PharmanerError):
    """An exported model whose predictions differ too much from those of the network."""


class MissingExtraError(PharmanerError):
    """An optional part of the installation is absent."""
