"""A prediction as one line of JSON."""

import json

from pharmaner.corpora.formats.jsonl import mention_record
from pharmaner.prediction.predictor import Prediction


def json_line(prediction: Prediction) -> str:
    """``{"id", "text", "mentions": [{"start", "end", "label", "text", "score"}], ...}``.

    A mention that has codes has ``codes``, too; what a table held beside a text is ``metadata``.
    ``characters_covered`` is how many code points of the text the network saw: all of them.
    """
    document = prediction.document
    record = {
        "id": document.id,
        "text": document.text,
        "mentions": [mention_record(document, mention) for mention in document.mentions],
        "characters_covered": prediction.characters_covered,
        **({"metadata": dict(document.metadata)} if document.metadata else {}),
    }
    return json.dumps(record, ensure_ascii=False)
