"""What a folder of predictions holds."""

from enum import StrEnum


class PredictionFormat(StrEnum):
    """brat files, one file of JSON lines, or one page of HTML."""

    BRAT = "brat"
    JSONL = "jsonl"
    HTML = "html"
