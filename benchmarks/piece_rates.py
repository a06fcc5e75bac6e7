"""How finely encoders cut texts: pieces a word, and words for each unknown piece.

python benchmarks/piece_rates.py --encoder pharmaner-es --encoder NAME --text dev
"""

import argparse
from pathlib import Path

from pharmaner.corpora.folder import read_text
from pharmaner.encoders.source import find_encoder
from pharmaner.network.encoder_tokenizer import encoder_tokenizer, special_pieces
from pharmaner.training.pruning import piece_rates

ENGLISH = Path(__file__).parent / "english"
"""Three abstracts written for this purpose."""


def main() -> None:
    """Print one line of a Markdown table for each encoder and folder of texts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--encoder", action="append", required=True)
    parser.add_argument("--text", action="append", type=Path, default=[])
    options = parser.parse_args()
    print("| encoder | texts | words | pieces a word | unknown pieces | words an unknown piece |")
    print("|---|---|---|---|---|---|")
    for name in options.encoder:
        folder = find_encoder(name).location
        tokenizer = encoder_tokenizer(folder)
        unknown_id = special_pieces(folder, tokenizer).get("unk_token")
        for texts in (ENGLISH, *options.text):
            contents = [read_text(path) for path in sorted(texts.glob("*.txt"))]
            rates = piece_rates(tokenizer, unknown_id, contents)
            unknown = round(rates.unknown_per_thousand * rates.words / 1000)
            each = round(rates.words / unknown) if unknown else "none"
            cells = (Path(name).name, texts.name, rates.words, f"{rates.pieces_per_word:.3f}")
            print("|", " | ".join(map(str, (*cells, unknown, each))), "|")


if __name__ == "__main__":
    main()
