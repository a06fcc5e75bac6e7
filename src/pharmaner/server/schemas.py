"""What requests and replies look like, with examples; the OpenAPI description is made of it."""

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    FailFast,
    Field,
    StringConstraints,
    Tag,
    model_validator,
)
from pydantic_core import PydanticCustomError

NOTE = "Se pautó enalapril 5 mg. Control de ferritina en sangre."
"""A text written for the examples."""


def _without_surrogates(value: str) -> str:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise PydanticCustomError("surrogate", "holds a lone surrogate") from None
    return value


LONGEST_ID = 200
"""The most code points of a document's id."""

Text = Annotated[str, AfterValidator(_without_surrogates)]
Identifier = Annotated[
    str, StringConstraints(min_length=1, max_length=LONGEST_ID), AfterValidator(_without_surrogates)
]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown_keys(cls, value: Any) -> Any:
        """Refuse with one error, which names no key of the client's, however many there are."""
        if isinstance(value, dict) and not value.keys() <= cls.model_fields.keys():
            accepted = " and ".join(cls.model_fields)
            raise PydanticCustomError("unknown_key", f"holds more than {accepted}")
        return value


class TextRequest(_Body):
    """One text."""

    text: Text


class TextDocument(_Body):
    """A text with the id that its record in the reply will have."""

    id: Identifier
    text: Text


class DocumentsRequest(_Body):
    """Several texts, each with an id of its own."""

    documents: Annotated[list[TextDocument], FailFast()]


def _kind(value: Any) -> str | None:
    if isinstance(value, dict):
        return next((key for key in ("text", "documents") if key in value), None)
    return None


PredictRequest = Annotated[
    Annotated[TextRequest, Tag("text")] | Annotated[DocumentsRequest, Tag("documents")],
    Discriminator(_kind),
]

PREDICT_EXAMPLES: dict[str, Any] = {
    "text": {"summary": "One text", "value": {"text": NOTE}},
    "documents": {
        "summary": "Several documents",
        "value": {
            "documents": [
                {"id": "note-1", "text": NOTE},
                {"id": "note-2", "text": "Niega alergias."},
            ]
        },
    },
}


class MentionRecord(BaseModel):
    """A mention; ``start`` and ``end`` are half-open code points into the text."""

    start: int
    end: int
    label: str
    text: str
    score: float | None
    codes: list[str] = Field(default=[], description="Of a dictionary; left out where it has none.")


class Record(BaseModel):
    """One line of the reply, one document; as ``pharmaner predict --format jsonl`` writes it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "text",
                    "text": NOTE,
                    "mentions": [
                        {
                            "start": 9,
                            "end": 18,
                            "label": "NORMALIZABLES",
                            "text": "enalapril",
                            "score": 0.9987,
                        }
                    ],
                    "characters_covered": len(NOTE),
                }
            ]
        }
    )

    id: str
    text: str
    mentions: list[MentionRecord]
    characters_covered: int


class ErrorReply(BaseModel):
    """What was found and what is accepted, in one line that holds nothing of a text."""

    detail: str = Field(examples=["documents[3].text: is not a string"])


class StatusReply(BaseModel):
    """The state of the service."""

    status: Literal["ok", "ready"]


class ModelReply(BaseModel):
    """The model that answers, and the bounds on what it is asked."""

    labels: list[str] = Field(examples=[["NORMALIZABLES", "PROTEINAS"]])
    scores: dict[str, Any] | None = Field(
        description="Strict scores on the dev corpus, by type and micro; null without one."
    )
    card: str = Field(description="The model card, Markdown.")
    versions: dict[str, str]
    limits: dict[str, float]
