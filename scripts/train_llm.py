"""Train the shipped language model from nothing and export it: tokenizer, llama-architecture model, GGUF.

    python scripts/train_llm.py --work build/llm --minutes 60                     train (CPU, or a GPU if there is one)
    python scripts/train_llm.py --work build/llm --minutes 60 --resume            go on where the last run stopped
    python scripts/train_llm.py --work build/llm --minutes 0 --resume             only export what the last run left

The examples are drawn endlessly from `scripts/training_examples.py` (generated cases; no patient, no real record), the loss counts on the
target's tokens only, and the last part of each run lowers the learning rate to nothing before the model is exported. The
state *before* that part is what `--resume` goes on from, so a longer run costs only the difference. The held-out
examples have a seed of their own.

A run ends with the GGUF (Q8_0) and its card `llm.json` under --out, after the float32 export has given the same logits in llama.cpp
as in transformers.
"""

import argparse
import hashlib
import importlib
import itertools
import json
import math
import re
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(Path(__file__).parent), str(ROOT)]

NAME = "resus-doc-writer"
CONTROL = ("<|pad|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>")
TEMPLATE = (
    "{%- for message in messages -%}{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|assistant|>' }}{%- endif -%}"
)
SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""Qwen2's expression: each digit is a token of its own, which is what lets a small model copy numbers."""
HELD_OUT_SEED = 900_000_000
LOGIT_TOLERANCE = 1e-3
"""Largest difference between llama.cpp's and transformers' float32 logits that rounding explains (seen: below 1e-4)."""


@dataclass(frozen=True)
class Plan:
    """The model's shape and how it is trained. About 2 million parameters; 2 MB as Q8_0.

    A larger shape learns more from a token, and less in a minute: what one processor core sees in an hour is 5 to 10 million tokens.
    """

    vocabulary: int = 2048
    hidden: int = 160
    layers: int = 5
    heads: int = 5
    feed_forward: int = 448
    context: int = 2048
    group_tokens: int = 1024
    groups_per_step: int = 3
    """A step adds up groups, each of examples of like length: it sees short and long ones, and hardly any padding."""
    learning_rate: float = 3e-3
    warmup_steps: int = 50
    decay_share: float = 0.4
    """The last share of a run in which the learning rate falls to nothing."""
    temperature: float = 0.5
    """What the engine samples with: low, since a wrong word costs the sentence, but not zero, since a second try must differ."""


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "llm", help="checkpoints and tokenizer")
    parser.add_argument("--out", type=Path, default=ROOT / "resus_doc" / "assets" / "llm", help="GGUF and card")
    parser.add_argument("--minutes", type=float, default=60.0, help="wall clock of this run")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--data", default="training_examples", help="module with examples(seed)")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    run(Plan(), importlib.import_module(arguments.data), arguments)


def run(plan: Plan, data: Any, arguments: argparse.Namespace) -> None:
    """Tokenizer, training, check, export."""
    work: Path = arguments.work
    work.mkdir(parents=True, exist_ok=True)
    tokenizer = load_or_train_tokenizer(work / "tokenizer.json", data, plan, keep=arguments.resume)
    trainer = Trainer(plan, tokenizer, data, work, arguments.seed)
    if arguments.resume:
        trainer.load()
    trainer.train(arguments.minutes * 60)
    trainer.report()
    difference = export(trainer.model, tokenizer, plan, arguments.out, work)
    write_card(arguments.out, plan, trainer, difference)


def load_or_train_tokenizer(path: Path, data: Any, plan: Plan, keep: bool) -> Any:
    """The byte-level BPE; trained on the first 4,000 examples, control tokens first."""
    from tokenizers import Tokenizer

    if keep and path.exists():
        return Tokenizer.from_file(str(path))
    tokenizer = train_tokenizer(itertools.islice(data.examples(HELD_OUT_SEED + 1), 4000), plan.vocabulary)
    tokenizer.save(str(path))
    return tokenizer


def train_tokenizer(examples: Iterable[Any], vocabulary: int) -> Any:
    """A byte-level BPE of `vocabulary` tokens that can write any text."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(SPLIT), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=list(CONTROL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    texts = (text for example in examples for text in (example.system, example.user, example.target))
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def make_model(plan: Plan, vocabulary: int) -> Any:
    """A randomly initialised llama with tied embeddings."""
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=plan.hidden,
        intermediate_size=plan.feed_forward,
        num_hidden_layers=plan.layers,
        num_attention_heads=plan.heads,
        num_key_value_heads=plan.heads,
        max_position_embeddings=plan.context,
        tie_word_embeddings=True,
        rms_norm_eps=1e-5,
        attn_implementation="sdpa",
        use_cache=False,
    )
    return LlamaForCausalLM(config)


@dataclass(frozen=True)
class Tokens:
    """One example as token ids; `target_from` is where the loss begins."""

    ids: list[int]
    target_from: int
    weights: list[float]
    """What each of the target's tokens counts in the loss."""


def encode(tokenizer: Any, example: Any) -> Tokens:
    """As the chat template lays it out, each text tokenised by itself, as the engine does."""
    control = {name: tokenizer.token_to_id(name) for name in CONTROL}

    def plain(text: str) -> list[int]:
        return list(tokenizer.encode(text, add_special_tokens=False).ids)

    prompt = [control["<|system|>"], *plain(example.system), control["<|end|>"]]
    prompt += [control["<|user|>"], *plain(example.user), control["<|end|>"], control["<|assistant|>"]]
    target = tokenizer.encode(example.target, add_special_tokens=False)
    weights = [*token_weights(example.target, target.offsets), 1.0]
    return Tokens([*prompt, *target.ids, control["<|end|>"]], len(prompt), weights)


FACT_WORD = re.compile(
    r"\d|\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|once|twice|not|met|close|assessable|limit"
    r"|ppv|cpap|mask|stimulation|suction|chest|compressions)\b"
    r"|(?<=\"name\":\")\w+|(?<=\"activity\":)[^}]+",
    re.IGNORECASE,
)


def token_weights(text: str, offsets: list[tuple[int, int]]) -> list[float]:
    """What says a fact counts double; the inside of a quotation, which the grammar spells, little."""
    opened, closed = text.find("“"), text.rfind("”")
    facts = [match.span() for match in FACT_WORD.finditer(text)]
    return [
        0.25
        if opened < start and end <= closed
        else 2.0
        if any(first < end and start < last for first, last in facts)
        else 1.0
        for start, end in offsets
    ]


def batches(examples: Iterator[Tokens], group_tokens: int, pool: int = 512) -> Iterator[list[Tokens]]:
    """Groups of similar length, in random order: `pool` examples are sorted by length and cut into groups."""
    order = np.random.default_rng(0)
    while True:
        chosen = sorted(itertools.islice(examples, pool), key=lambda tokens: len(tokens.ids))
        if not chosen:
            return
        groups: list[list[Tokens]] = [[]]
        for tokens in chosen:
            if groups[-1] and (len(groups[-1]) + 1) * len(tokens.ids) > group_tokens:
                groups.append([])
            groups[-1].append(tokens)
        for index in order.permutation(len(groups)):
            yield groups[index]


def collate(group: list[Tokens], pad: int) -> tuple[Tensor, Tensor]:
    """Padded ids [n, longest] and what the *next* token counts in the loss [n, longest - 1], 0 outside targets."""
    longest = max(len(tokens.ids) for tokens in group)
    ids = torch.full((len(group), longest), pad)
    counts = torch.zeros((len(group), longest - 1))
    for row, tokens in enumerate(group):
        ids[row, : len(tokens.ids)] = torch.tensor(tokens.ids)
        counts[row, tokens.target_from - 1 : len(tokens.ids) - 1] = torch.tensor(tokens.weights)
    return ids, counts


class Trainer:
    """The model, its optimisers, and where it is in the endless stream of examples."""

    def __init__(self, plan: Plan, tokenizer: Any, data: Any, work: Path, seed: int) -> None:
        self.plan, self.tokenizer, self.data, self.work = plan, tokenizer, data, work
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = make_model(plan, tokenizer.get_vocab_size()).to(self.device)
        self.optimisers = make_optimisers(self.model, plan.learning_rate)
        self.pad = tokenizer.token_to_id("<|pad|>")
        self.step, self.tokens_seen, self.examples_seen, self.seconds = 0, 0, 0, 0.0
        self.data_seed = seed
        self.figures: dict[str, float] = {}

    @property
    def checkpoint(self) -> Path:
        return self.work / "stable.pt"

    def save(self) -> None:
        """Keep the state for `--resume`; replaced as a whole."""
        partial = self.checkpoint.with_suffix(".partial")
        state = {
            "plan": asdict(self.plan),
            "model": self.model.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "counts": [self.step, self.tokens_seen, self.examples_seen, self.seconds],
            "data_seed": self.data_seed,
        }
        torch.save(state, partial)
        partial.replace(self.checkpoint)

    def load(self) -> None:
        """Go on from the checkpoint, with examples not seen before."""
        if not self.checkpoint.exists():
            raise SystemExit(
                f"{self.checkpoint} does not exist: there is nothing to go on from. Train without --resume."
            )
        state = torch.load(self.checkpoint, map_location=self.device, weights_only=True)
        shape = ("vocabulary", "hidden", "layers", "heads", "feed_forward", "context")
        if any(state["plan"][name] != getattr(self.plan, name) for name in shape):
            raise SystemExit(f"{self.checkpoint} holds a model of another shape; train anew without --resume.")
        self.model.load_state_dict(state["model"])
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        self.step, self.tokens_seen, self.examples_seen, self.seconds = state["counts"]
        self.data_seed = state["data_seed"] + 1

    def train(self, seconds: float) -> None:
        """Train for this long; the learning rate falls over the last part of it."""
        if seconds <= 0:
            return
        stream = (encode(self.tokenizer, example) for example in self.data.examples(self.data_seed))
        started = saved = logged = time.monotonic()
        decaying, tokens_before = False, self.tokens_seen
        losses: list[float] = []
        groups_of_all = batches(stream, self.plan.group_tokens)
        while groups := list(itertools.islice(groups_of_all, self.plan.groups_per_step)):
            now = time.monotonic()
            left = 1 - (now - started) / seconds
            if left <= 0:
                if not decaying:
                    self.save()
                break
            if not decaying and (left < self.plan.decay_share or now - saved > 120):
                decaying, saved = left < self.plan.decay_share, now
                self.seconds += now - started if decaying else 0
                self.save()
            losses.append(self._update(groups, min(1.0, left / self.plan.decay_share)))
            if now - logged > 30:
                logged = now
                speed = (self.tokens_seen - tokens_before) / (now - started)
                rate = (
                    f"{self.tokens_seen:,} tokens ({speed:,.0f}/s), {self.examples_seen:,} examples, step {self.step}"
                )
                print(f"{now - started:6.0f} s  {rate}: loss {np.mean(losses[-50:]):.4f}", flush=True)

    def _update(self, groups: Sequence[list[Tokens]], decay: float) -> float:
        rate = self.plan.learning_rate * min(1.0, (self.step + 1) / self.plan.warmup_steps) * decay
        for optimiser in self.optimisers:
            for parameters in optimiser.param_groups:
                parameters["lr"] = rate
            optimiser.zero_grad(set_to_none=True)
        whole = sum(weight for group in groups for tokens in group for weight in tokens.weights)
        summed = 0.0
        for group in groups:
            losses, weights, _ = self._loss(group)
            loss = (losses * weights).sum() / whole
            loss.backward()
            summed += float(loss.detach())
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimiser in self.optimisers:
            optimiser.step()
        self.step += 1
        self.examples_seen += sum(map(len, groups))
        self.tokens_seen += sum(len(tokens.ids) for group in groups for tokens in group)
        return summed

    def _loss(self, group: list[Tokens]) -> tuple[Tensor, Tensor, Tensor]:
        """Cross-entropy of each target token, its weight, and whether it was the likeliest. Logits only where they count."""
        ids, weights = (part.to(self.device) for part in collate(group, self.pad))
        counts = weights > 0
        with torch.autocast("cuda", torch.bfloat16, enabled=self.device.type == "cuda"):
            hidden = self.model.model(input_ids=ids[:, :-1]).last_hidden_state
            logits = self.model.lm_head(hidden[counts])
        targets = ids[:, 1:][counts]
        losses = torch.nn.functional.cross_entropy(logits.float(), targets, reduction="none")
        return losses, weights[counts], logits.argmax(-1) == targets

    @torch.no_grad()
    def report(self, count: int = 256) -> None:
        """Loss and share of right tokens on held-out examples."""
        held_out = (encode(self.tokenizer, example) for example in self.data.examples(HELD_OUT_SEED))
        results = [self._loss(group) for group in batches(itertools.islice(held_out, count), self.plan.group_tokens)]
        right = torch.cat([right for _, _, right in results]).float()
        loss = torch.cat([losses for losses, _, _ in results]).mean()
        self.figures = {"held_out_loss": round(float(loss), 4), "held_out_tokens_right": round(float(right.mean()), 4)}
        print(f"held out: {self.figures}", flush=True)


def make_optimisers(model: Any, learning_rate: float) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the blocks, which learns from fewer tokens; AdamW for embeddings and norms."""
    from muon import Muon

    inside = [value for name, value in model.named_parameters() if value.ndim == 2 and "embed" not in name]
    chosen = {id(value) for value in inside}
    others = [value for value in model.parameters() if id(value) not in chosen]
    return [
        Muon(inside, lr=learning_rate, weight_decay=0.05),
        torch.optim.AdamW(others, lr=learning_rate, weight_decay=0.0, betas=(0.9, 0.98)),
    ]


def export(model: Any, tokenizer: Any, plan: Plan, out: Path, work: Path) -> float:
    """Write the GGUF (Q8_0), after checking the float32 one; returns the largest logit difference seen."""
    from llm_export import write_gguf

    model = model.cpu().eval()
    exact = work / "exact.gguf"
    write_gguf(model, tokenizer, TEMPLATE, exact, name=NAME, temperature=plan.temperature, quantisation="F32")
    difference = largest_logit_difference(model, tokenizer, exact)
    print(f"largest logit difference llama.cpp - transformers, float32: {difference:.2e}", flush=True)
    if not difference < LOGIT_TOLERANCE:
        raise SystemExit("The export is wrong: llama.cpp's logits are not the model's.")
    out.mkdir(parents=True, exist_ok=True)
    write_gguf(model, tokenizer, TEMPLATE, out / f"{NAME}.gguf", name=NAME, temperature=plan.temperature)
    return difference


def largest_logit_difference(model: Any, tokenizer: Any, path: Path, length: int = 200) -> float:
    """Between llama.cpp on a float32 GGUF and transformers, over random tokens."""
    from resus_doc.models.llm_native import NativeModel

    ids = np.random.default_rng(0).integers(len(CONTROL), tokenizer.get_vocab_size(), length).tolist()
    with torch.no_grad():
        ours = model(torch.tensor([ids])).logits[0].numpy()
    theirs = NativeModel(path, exact=True).logits(ids)
    difference = float(np.abs(ours - theirs).max())
    return difference if math.isfinite(difference) else math.inf


def write_card(out: Path, plan: Plan, trainer: Trainer, difference: float) -> None:
    """What the file is, how it came to be, and what it is not."""
    file = out / f"{NAME}.gguf"
    card = {
        "name": NAME,
        "file": file.name,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "bytes": file.stat().st_size,
        "architecture": "llama",
        "parameters": sum(value.numel() for value in trainer.model.parameters()),
        "quantisation": "Q8_0",
        "plan": asdict(plan),
        "trained_on": "generated facts and sentences, generated questions and tool calls; no patient data, no real record",
        "is_not": "a source of medical knowledge: it phrases facts that are given to it, and nothing else",
        "script": "scripts/train_llm.py",
        "examples_seen": trainer.examples_seen,
        "tokens_seen": trainer.tokens_seen,
        "steps": trainer.step,
        "largest_logit_difference": difference,
        **trainer.figures,
    }
    (out / "llm.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
