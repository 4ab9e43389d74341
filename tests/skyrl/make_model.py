"""Writes a tiny random Qwen3 with a byte-level tokenizer to the given folder, without any network."""

import json
import sys
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

END = "<|endoftext|>"

folder = Path(sys.argv[1])
alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
tokenizer = Tokenizer(models.BPE(vocab={text: token for token, text in enumerate(alphabet)}, merges=[]))
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
tokenizer.decoder = decoders.ByteLevel()
fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=END, pad_token=END)
fast.save_pretrained(folder)
end = fast.eos_token_id

torch.manual_seed(0)
config = Qwen3Config(
    vocab_size=320,
    hidden_size=64,
    intermediate_size=128,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    head_dim=16,
    max_position_embeddings=512,
    tie_word_embeddings=True,
    bos_token_id=end,
    eos_token_id=end,
    pad_token_id=end,
)
Qwen3ForCausalLM(config).save_pretrained(folder)


def change(name: str, **fields: object) -> None:
    path = folder / name
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}, indent=2))


# Newer releases of transformers write both under names that older ones do not know.
change("config.json", rope_theta=10000.0)
change("tokenizer_config.json", tokenizer_class="PreTrainedTokenizerFast")
