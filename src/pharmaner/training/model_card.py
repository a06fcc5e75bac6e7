"""The README.md of a model folder."""

from typing import Any

from jinja2 import Environment, StrictUndefined

from pharmaner.recipe import Recipe

_CARD = """\
---
library_name: pharmaner
pipeline_tag: token-classification
base_model: {{ recipe.encoder.name }}
---
# A tagger for {{ recipe.corpus.types | join(", ") }}

Fine-tuned by pharmaner {{ manifest.versions.pharmaner }} from `{{ recipe.encoder.name }}` \
(seed {{ recipe.training.seed }}, epoch {{ manifest.kept_epoch }} kept).

```sh
pharmaner predict --model . note.txt
```
{% if manifest.metrics.dev %}
## Scores on the dev corpus (strict: exact type, start and end)

| type | precision | recall | F1 |
|---|---|---|---|
{%- for name, counts in manifest.metrics.dev.by_type.items() %}
| {{ name }} | {{ "%.4f" | format(counts.precision) }} | {{ "%.4f" | format(counts.recall) }} \
| {{ "%.4f" | format(counts.f1) }} |
{%- endfor %}
| **micro** | {{ "%.4f" | format(manifest.metrics.dev.precision) }} \
| {{ "%.4f" | format(manifest.metrics.dev.recall) }} \
| **{{ "%.4f" | format(manifest.metrics.dev.f1) }}** |
{% if recipe.training.keep == "best" %}
The epoch was chosen by the F1 of this same corpus, so these figures flatter the model a little.
{% endif %}
`{{ manifest.metrics.dev.signature }}`
{% else %}
Trained without a dev corpus: there are no scores.
{% endif %}
## What was learned

{{ manifest.alignment.mentions }} mentions\
{%- for reason, count in manifest.alignment.not_exact.items() %}, \
{{ count }} not exactly ({{ reason }}){% endfor %}.
{%- if recipe.corpus.ignore %} Ignored types: {{ recipe.corpus.ignore | join(", ") }}.{% endif %}
Every choice is in `recipe.toml`, every epoch in `run-log.jsonl`, hashes of the corpora in
`manifest.json`. \
{% if manifest.export is defined -%}
The network is an ONNX graph in {{ manifest.export.precision }}, \
which plain transformers do not load;
`manifest.json` has what the export changed in the predictions, under `export`.
{%- elif manifest.plain_transformers == "exact" -%}
Plain transformers load this folder with the Auto classes; windows over long texts,
words and mentions with offsets are pharmaner's part.
{%- else -%}
Plain transformers load this folder with the Auto classes and give each piece's
emissions; what the recipe adds to them (a CRF, surface features, names that recur), windows
over long texts, words and mentions with offsets are pharmaner's part.
{%- endif %}

## Limits

The tagger finds what its corpus taught. It is not a medical device.
"""


def model_card(recipe: Recipe, manifest: dict[str, Any]) -> str:
    """Markdown with scores, data and limits."""
    environment = Environment(undefined=StrictUndefined, autoescape=False)  # noqa: S701 (Markdown)
    return environment.from_string(_CARD).render(recipe=recipe, manifest=manifest)
