"""Write a transformers llama model and its byte-level BPE as a GGUF file for llama.cpp.

llama.cpp pairs the two halves of a rotary head differently from transformers, so the rows of q and k change places; tied
embeddings leave `output.weight` out; `pre="qwen2"` names the expression the BPE splits text with. Without the first, logits differ by
15; with all three, float32 logits agree to 1e-4 (`tests/models/test_llm_export.py`).
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

QUANTISATIONS = ("F32", "F16", "Q8_0")


def write_gguf(
    model: Any, tokenizer: Any, template: str, path: Path, *, name: str, temperature: float, quantisation: str = "Q8_0"
) -> None:
    """Write the file.

    Args:
        model: a `LlamaForCausalLM` with tied embeddings.
        tokenizer: a `tokenizers.Tokenizer` (byte-level BPE split as Qwen2's) whose added tokens are all control tokens, with
            `<|end|>` and `<|pad|>` among them.
        template: the chat template (Jinja).
        temperature: the sampling temperature the engine uses for this file.
    """
    import gguf

    if quantisation not in QUANTISATIONS:
        raise ValueError(f"quantisation must be one of {QUANTISATIONS}, not {quantisation}")
    partial = path.with_suffix(".partial")
    writer = gguf.GGUFWriter(partial, "llama")
    writer.add_name(name)
    writer.add_float32("general.sampling.temp", temperature)
    _add_architecture(writer, model.config, quantisation)
    _add_tokenizer(writer, tokenizer, template)
    for tensor_name, values in _tensors(model):
        _add_tensor(writer, tensor_name, values, quantisation)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    partial.replace(path)


def write_random(
    source: Path, path: Path, *, template: str | None = None, changes: dict[str, Any] | None = None, width: int = 64
) -> None:
    """A llama of random weights behind the tokenizer of another GGUF file, which may be vocabulary only.

    Args:
        template: the chat template, where the file has none or another is wanted.
        changes: other values for the tokenizer's metadata.
    """
    import gguf

    fields = gguf.GGUFReader(source).fields
    tokens = fields["tokenizer.ggml.tokens"].contents()
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name(f"random weights behind {source.stem}")
    writer.add_float32("general.sampling.temp", 0.8)
    _add_numbers(writer, len(tokens), width)
    for name, field in fields.items():
        if name.startswith("tokenizer.") and not (name == "tokenizer.chat_template" and template is not None):
            kind, *rest = field.types
            value = (changes or {}).get(name, field.contents())
            writer.add_key_value(name, value, kind, rest[0] if rest else None)
    if template is not None:
        writer.add_chat_template(template)
    chance = np.random.default_rng(1)
    for name, shape in _shapes(len(tokens), width).items():
        values = chance.normal(0, 0.3, shape) if len(shape) == 2 else np.ones(shape)
        _add_tensor(writer, name, values.astype(np.float32), "Q8_0")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_numbers(writer: Any, vocabulary: int, width: int) -> None:
    writer.add_context_length(2048)
    writer.add_embedding_length(width)
    writer.add_block_count(1)
    writer.add_feed_forward_length(width)
    writer.add_head_count(1)
    writer.add_head_count_kv(1)
    writer.add_rope_dimension_count(width)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(vocabulary)


def _shapes(vocabulary: int, width: int) -> dict[str, tuple[int, ...]]:
    square, vector = (width, width), (width,)
    block = {f"blk.0.{name}.weight": square for name in ("attn_q", "attn_k", "attn_v", "attn_output")}
    block |= {f"blk.0.{name}.weight": square for name in ("ffn_gate", "ffn_up", "ffn_down")}
    norms = dict.fromkeys(("blk.0.attn_norm.weight", "blk.0.ffn_norm.weight", "output_norm.weight"), vector)
    return {"token_embd.weight": (vocabulary, width), **block, **norms}


def _add_architecture(writer: Any, config: Any, quantisation: str) -> None:
    import gguf

    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)
    file_types = {"F32": gguf.LlamaFileType.ALL_F32, "F16": gguf.LlamaFileType.MOSTLY_F16}
    writer.add_file_type(file_types.get(quantisation, gguf.LlamaFileType.MOSTLY_Q8_0))


def _add_tokenizer(writer: Any, tokenizer: Any, template: str) -> None:
    import json

    import gguf

    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    control = {token.content for token in tokenizer.get_added_tokens_decoder().values()}
    tokens = [tokenizer.id_to_token(index) for index in range(tokenizer.get_vocab_size())]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types([gguf.TokenType.CONTROL if token in control else gguf.TokenType.NORMAL for token in tokens])
    writer.add_token_merges([merge if isinstance(merge, str) else " ".join(merge) for merge in merges])
    end = tokenizer.token_to_id("<|end|>")
    writer.add_bos_token_id(end)
    writer.add_eos_token_id(end)
    writer.add_pad_token_id(tokenizer.token_to_id("<|pad|>"))
    writer.add_add_bos_token(False)
    writer.add_chat_template(template)


def _tensors(model: Any) -> list[tuple[str, NDArray[np.float32]]]:
    """The tensors under llama.cpp's names, in float32."""
    config = model.config
    weights = {key: value.detach().float().cpu().numpy() for key, value in model.state_dict().items()}
    tensors = [
        ("token_embd.weight", weights["model.embed_tokens.weight"]),
        ("output_norm.weight", weights["model.norm.weight"]),
    ]
    for layer in range(config.num_hidden_layers):
        theirs, ours = f"model.layers.{layer}.", f"blk.{layer}."
        attention, feed_forward = theirs + "self_attn.", theirs + "mlp."
        tensors += [
            (ours + "attn_norm.weight", weights[theirs + "input_layernorm.weight"]),
            (ours + "attn_q.weight", _permute(weights[attention + "q_proj.weight"], config.num_attention_heads)),
            (ours + "attn_k.weight", _permute(weights[attention + "k_proj.weight"], config.num_key_value_heads)),
            (ours + "attn_v.weight", weights[attention + "v_proj.weight"]),
            (ours + "attn_output.weight", weights[attention + "o_proj.weight"]),
            (ours + "ffn_norm.weight", weights[theirs + "post_attention_layernorm.weight"]),
            (ours + "ffn_gate.weight", weights[feed_forward + "gate_proj.weight"]),
            (ours + "ffn_up.weight", weights[feed_forward + "up_proj.weight"]),
            (ours + "ffn_down.weight", weights[feed_forward + "down_proj.weight"]),
        ]
    return tensors


def _permute(weight: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """From transformers' half-and-half order of a rotary head to llama.cpp's interleaved one."""
    rows, columns = weight.shape
    paired = weight.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2)
    return np.ascontiguousarray(paired.reshape(rows, columns))


def _add_tensor(writer: Any, name: str, values: NDArray[np.float32], quantisation: str) -> None:
    """Vectors stay float32, as llama.cpp wants its norms."""
    import gguf

    if values.ndim == 1 or quantisation == "F32":
        writer.add_tensor(name, values)
    elif quantisation == "F16":
        writer.add_tensor(name, values.astype(np.float16))
    else:
        kind = gguf.GGMLQuantizationType.Q8_0
        writer.add_tensor(name, gguf.quants.quantize(values, kind), raw_dtype=kind)
