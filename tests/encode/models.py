"""Small sentence-transformers models, made on the disk: random weights, no meaning, every shape wanted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

WIDTH = 32
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789.,:;!?'\"()[]-/$%&"
WORDS = "the of and a in to was is for harbour boat passage question query search title".split()


def tokenizer(*, lower: bool = True) -> Any:
    """Return a WordPiece tokenizer of some words, and of letters for all others."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordPiece
    from tokenizers.normalizers import BertNormalizer
    from tokenizers.pre_tokenizers import BertPreTokenizer
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    pieces = [*special, *LETTERS, *(f"##{letter}" for letter in LETTERS), *WORDS]
    pieces += [] if lower else [letter.upper() for letter in LETTERS if letter.isalpha()]
    vocabulary = {piece: n for n, piece in enumerate(dict.fromkeys(pieces))}
    made = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=1000))
    made.normalizer = BertNormalizer(lowercase=lower)
    made.pre_tokenizer = BertPreTokenizer()
    made.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        special_tokens=[("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        model_max_length=256,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
    )


def make_model(
    folder: Path,
    *,
    pooling: str = "mean",
    include_prompt: bool = True,
    normalize: bool = True,
    modules: Sequence[Any] = (),
    prompts: Mapping[str, str] | None = None,
    default_prompt: str | None = None,
    lower: bool = True,
    do_lower_case: bool = False,
    max_tokens: int = 256,
    spoil: float | None = None,
) -> Path:
    """Write a model of one BERT layer into ``folder``; ``spoil`` stands in place of all its weights.

    ``modules`` come after the pooling. Returns the folder.
    """
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from transformers import BertConfig, BertModel

    torch.manual_seed(7)
    pieces = tokenizer(lower=lower)
    bert = BertModel(
        BertConfig(
            hidden_size=WIDTH,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=64,
            vocab_size=len(pieces),
            max_position_embeddings=256,
            initializer_range=0.5,
        )
    )
    if spoil is not None:
        with torch.no_grad():
            for weights in bert.parameters():
                weights.fill_(spoil)
    bert.save_pretrained(folder / "bert")
    pieces.save_pretrained(folder / "bert")
    transformer = Transformer(
        str(folder / "bert"), max_seq_length=max_tokens, do_lower_case=do_lower_case
    )
    pooled = Pooling(WIDTH, pooling, include_prompt=include_prompt)
    last = [Normalize()] if normalize else []
    model = SentenceTransformer(
        modules=[transformer, pooled, *modules, *last],
        device="cpu",
    )
    model.save(str(folder / "small"))
    # As older versions of the library wrote it: without names that nobody gave.
    path = folder / "small" / "config_sentence_transformers.json"
    named = {"prompts": dict(prompts or {}), "default_prompt_name": default_prompt}
    path.write_text(json.dumps({**json.loads(path.read_text()), **named}))
    return folder / "small"
