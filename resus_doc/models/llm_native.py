"""One GGUF model in llama.cpp: loading, prompts, and constrained sampling. Runs inside the worker process only.

Everything here may end the process: llama.cpp aborts on what it does not expect. `resus_doc.models.llm` is the side that survives it.

Two rules make a text depend on the request alone, not on what was asked before it. A prompt is evaluated in two runs, up to
the user's text and from there on, and only a whole first run is ever reused; so warm and cold caches see the same batches.
And sampling starts from the request's seed.
"""

import codecs
import ctypes
import math
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from resus_doc.models.llm_prompt import (
    THOUGHT_CLOSES,
    THOUGHT_OPENS,
    Layout,
    PromptTokens,
    TemplateFailed,
    build_prompt,
    read_layout,
    special_pattern,
    without_special,
)

LEAST_CONTEXT = 512
"""Tokens. The longest sentence request of the writer and its answer take about 400."""
MOST_CONTEXT = 8192
"""Tokens. Bounds the memory for keys and values; a report is written sentence by sentence and needs less."""
BATCH = 512
SMALL_MODEL = 50_000_000
"""Parameters. Below this, handing work between threads costs more than it saves."""
TOP_K, TOP_P, TEMPERATURE = 40, 0.95, 0.7
"""llama.cpp's usual sampling; a model file that states `general.sampling.temp` overrides the temperature."""
SHORTLIST = 1024
"""Tokens the grammar judges before it judges the whole vocabulary; many more than `TOP_K`, so rarely another choice."""
MOST_THOUGHT = 768
"""Tokens a thinking model may think before each answer; a longer thought is ended for it."""
LEAST_THOUGHT = 16
"""Tokens kept free for the marks around a thought where a model may think."""
MOST_KEPT = 6
"""Evaluated prompts that are kept: the beginnings that a report and a chat share, and the questions asked last."""
MOST_KEPT_BYTES = 64_000_000
"""A larger state is not copied: a model of 4 billion parameters has some 150 kB a token, so this holds its shared beginning."""
MEMORY_SHARE = 0.95
"""A file larger than this share of the free memory is refused rather than left to swap."""

_CANDIDATE = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])
_CONTROL = llama_cpp.LLAMA_TOKEN_ATTR_CONTROL
_USER_DEFINED = llama_cpp.LLAMA_TOKEN_ATTR_USER_DEFINED


class Refused(Exception):
    """A file or a request that cannot be served; the process lives on.

    `kind` is one of: load, architecture, truncated, memory, template, context, grammar.
    """

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail


class Sampling(NamedTuple):
    """How to choose tokens. A temperature of 0 takes the likeliest."""

    grammar: str | None
    max_tokens: int
    seed: int
    temperature: float | None
    time_limit_s: float


class NativeModel:
    """A loaded model with one context."""

    def __init__(self, path: Path, context: int = 0, exact: bool = False) -> None:
        """Load a GGUF file. `context` in tokens, 0 for the file's own length (at most `MOST_CONTEXT`).

        `exact` keeps keys and values in float32 (and the file's weights as they are): for comparing exports, not for use.

        Raises:
            Refused: the file does not load or lacks what is needed.
        """
        _check_memory(path)
        self._log = _LogTail()
        llama_cpp.llama_backend_init()
        self._model = self._load(path)
        self._vocab = llama_cpp.llama_model_get_vocab(self._model)
        self.n_vocab = int(llama_cpp.llama_vocab_n_tokens(self._vocab))
        self.parameters = int(llama_cpp.llama_model_n_params(self._model))
        self.architecture = self._metadata("general.architecture") or "unknown"
        self.name = self._metadata("general.name") or path.stem
        self.temperature = float(self._metadata("general.sampling.temp") or TEMPERATURE)
        self.n_ctx = self._context_length(context)
        self._layout = self._read_template()
        self._context = self._make_context(exact)
        self._memory = llama_cpp.llama_get_memory(self._context)
        self._special = special_pattern(list(self._special_spellings()))
        self._banned = self._banned_outputs()
        self._thought_opens = self._one_token(THOUGHT_OPENS)
        self._thought_closes = self._one_token(THOUGHT_CLOSES)
        self._deadline = math.inf
        self._abort = llama_cpp.ggml_abort_callback(lambda _data: time.monotonic() > self._deadline)
        llama_cpp.llama_set_abort_callback(self._context, self._abort, None)
        self._cached_head: list[int] = []
        self._kept = KeptStates()
        self._held: NDArray[np.float32] | None = None

    def reset(self) -> None:
        """Forget all keys and values, also those kept for later."""
        self._clear()
        self._kept = KeptStates()

    def _clear(self) -> None:
        llama_cpp.llama_memory_clear(self._memory, True)
        self._cached_head = []

    def complete(
        self, system: str, user: str, sampling: Sampling, piece: Callable[[str], None], remember: bool = False
    ) -> tuple[str, bool]:
        """The model's answer and whether it ended by itself (not at the token or time limit).

        Args:
            remember: keep what was evaluated of this prompt, so that it need not be evaluated when it comes again.
            piece: called with each new stretch of text.

        Raises:
            Refused: the grammar does not compile, or prompt and answer do not fit the context.
        """
        prompt = self.prompt(system, user)
        self._check_room(prompt, sampling.max_tokens)
        sampler = _Sampler(self._vocab, self.n_vocab, sampling, self._default_temperature(sampling), self._banned)
        self._deadline = time.monotonic() + sampling.time_limit_s
        try:
            room = self.n_ctx - len(prompt.head) - len(prompt.rest) - sampling.max_tokens
            if not self._evaluate_prompt(prompt, remember) or not self._think(sampling, min(MOST_THOUGHT, room)):
                return "", False
            return self._generate(sampler, sampling.max_tokens, piece)
        finally:
            self._deadline = math.inf
            sampler.close()

    def prompt(self, system: str, user: str) -> PromptTokens:
        """The token ids of a request; special tokens spelt in the texts are taken out."""
        system, user = without_special(system, self._special), without_special(user, self._special)
        bos = int(llama_cpp.llama_vocab_bos(self._vocab)) if llama_cpp.llama_vocab_get_add_bos(self._vocab) else None
        return build_prompt(self._layout, system, user, self.tokenise, bos)

    def tokenise(self, text: str, special: bool) -> list[int]:
        """Token ids of a text, no begin or end token added. `special`: control tokens in it count as such."""
        if not text:
            return []
        data = text.encode("utf-8", "replace")
        room = len(data) + 8
        while True:
            buffer = (llama_cpp.llama_token * room)()
            count = llama_cpp.llama_tokenize(self._vocab, data, len(data), buffer, room, False, special)
            if count >= 0:
                return list(buffer[:count])
            room = -count

    def logits(self, tokens: list[int]) -> NDArray[np.float32]:
        """The logits after each of these tokens, evaluated afresh: [n, n_vocab]. For comparing exports."""
        self.reset()
        rows = []
        for token in tokens:
            if not self._decode([token]):
                raise Refused("load", "the model could not be evaluated")
            rows.append(self._last_logits().copy())
        return np.stack(rows)

    def _load(self, path: Path) -> Any:
        parameters = llama_cpp.llama_model_default_params()
        parameters.n_gpu_layers = -1 if llama_cpp.llama_supports_gpu_offload() else 0
        model = llama_cpp.llama_model_load_from_file(os.fsencode(path), parameters)
        if not model:
            raise Refused(*_load_failure(self._log.text()))
        return model

    def _context_length(self, asked: int) -> int:
        trained = int(llama_cpp.llama_model_n_ctx_train(self._model))
        length = min(asked or MOST_CONTEXT, trained)
        if length < LEAST_CONTEXT:
            raise Refused("context", f"it holds {length} tokens, and at least {LEAST_CONTEXT} are needed")
        return length

    def _read_template(self) -> Layout:
        template = llama_cpp.llama_model_chat_template(self._model, None)
        if template is None:
            raise Refused("template", "it has no chat template")
        try:
            return read_layout(template.decode("utf-8", "replace"), self._spelling("bos"), self._spelling("eos"))
        except TemplateFailed as error:
            raise Refused("template", f"its chat template does not work: {error}") from error

    def _make_context(self, exact: bool) -> Any:
        threads = _threads(self.parameters)
        parameters = llama_cpp.llama_context_default_params()
        parameters.n_ctx = self.n_ctx
        parameters.n_batch = parameters.n_ubatch = BATCH
        parameters.n_threads = parameters.n_threads_batch = threads
        if exact:
            parameters.type_k = parameters.type_v = 0
            parameters.flash_attn_type = llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED
        context = llama_cpp.llama_init_from_model(self._model, parameters)
        if not context:
            raise Refused("memory", self._log.text() or "the context could not be made")
        return context

    def _metadata(self, key: str) -> str | None:
        buffer = ctypes.create_string_buffer(4096)
        size = llama_cpp.llama_model_meta_val_str(self._model, key.encode(), buffer, len(buffer))
        return buffer.value.decode("utf-8", "replace") if size >= 0 else None

    def _spelling(self, which: str) -> str:
        token = getattr(llama_cpp, f"llama_vocab_{which}")(self._vocab)
        return self._text(token) if token >= 0 else ""

    def _text(self, token: int) -> str:
        return str(llama_cpp.llama_vocab_get_text(self._vocab, token).decode("utf-8", "replace"))

    def _special_spellings(self) -> Iterator[str]:
        """Control tokens, and tokens a model's maker added in angle brackets: llama.cpp parses the latter in plain text."""
        for token in range(self.n_vocab):
            attributes = llama_cpp.llama_vocab_get_attr(self._vocab, token)
            if attributes & (_CONTROL | _USER_DEFINED):
                text = self._text(token)
                if attributes & _CONTROL or (text.startswith("<") and text.endswith(">")):
                    yield text

    def _banned_outputs(self) -> NDArray[np.int32]:
        """Control tokens that do not end an answer: a grammar of free text would let their spelling through."""
        banned = [
            token
            for token in range(self.n_vocab)
            if llama_cpp.llama_vocab_is_control(self._vocab, token) and not self._ends(token)
        ]
        return np.array(banned, dtype=np.int32)

    def _ends(self, token: int) -> bool:
        return bool(llama_cpp.llama_vocab_is_eog(self._vocab, token))

    def _default_temperature(self, sampling: Sampling) -> float:
        return self.temperature if sampling.temperature is None else sampling.temperature

    def _check_room(self, prompt: PromptTokens, max_tokens: int) -> None:
        asked = len(prompt.head) + len(prompt.rest)
        if self._layout.opens_thought or self._thought_opens is not None:
            asked += LEAST_THOUGHT
        if asked + max_tokens > self.n_ctx:
            raise Refused(
                "context", f"the request has {asked} tokens and may be answered with {max_tokens}; {self.n_ctx} fit"
            )

    def _evaluate_prompt(self, prompt: PromptTokens, remember: bool) -> bool:
        """Evaluate head and rest in runs of their own; false if the time limit came first.

        What was kept is put back byte for byte, so that the answer is the same whether it was kept or not.
        """
        if self._restore([*prompt.head, *prompt.rest]):
            self._cached_head = prompt.head
            return True
        reused = bool(self._cached_head) and self._cached_head == prompt.head and self._forget_from(len(prompt.head))
        if not reused and not self._restore(prompt.head):
            self._clear()
            if not self._decode(prompt.head):
                self._clear()
                return False
            self._keep(prompt.head, None)
        self._cached_head = prompt.head
        done = self._decode(prompt.rest)
        if done and remember:
            self._keep([*prompt.head, *prompt.rest], self._last_logits().copy())
        return done

    def _keep(self, tokens: list[int], logits: NDArray[np.float32] | None) -> None:
        """Copy the keys and values of all tokens evaluated so far, unless they are too many to be worth it."""
        size = int(llama_cpp.llama_state_seq_get_size(self._context, 0))
        if 0 < size <= MOST_KEPT_BYTES:
            state = (ctypes.c_uint8 * size)()
            if int(llama_cpp.llama_state_seq_get_data(self._context, state, size, 0)) == size:
                self._kept.put(tokens, Kept(state, logits))

    def _restore(self, tokens: list[int]) -> bool:
        """Put back what was kept after exactly these tokens; false when nothing was."""
        kept = self._kept.get(tokens)
        if kept is None:
            return False
        self._clear()
        read = int(llama_cpp.llama_state_seq_set_data(self._context, kept.state, len(kept.state), 0))
        if read != len(kept.state):
            self._clear()
            return False
        self._held = kept.logits
        return True

    def _forget_from(self, position: int) -> bool:
        """Models with a state instead of keys and values cannot forget a part: then nothing is reused."""
        return bool(llama_cpp.llama_memory_seq_rm(self._memory, 0, position, -1))

    def _decode(self, tokens: list[int]) -> bool:
        """Evaluate tokens after those before; false if the time limit stopped it."""
        self._held = None
        for start in range(0, len(tokens), BATCH):
            part = tokens[start : start + BATCH]
            array = (llama_cpp.llama_token * len(part))(*part)
            code = llama_cpp.llama_decode(self._context, llama_cpp.llama_batch_get_one(array, len(part)))
            if code == 2 or time.monotonic() > self._deadline:
                return False
            if code != 0:
                raise Refused("memory", f"llama_decode returned {code}")
        return True

    def _last_logits(self) -> NDArray[np.float32]:
        if self._held is not None:
            return self._held
        pointer = llama_cpp.llama_get_logits_ith(self._context, -1)
        return np.ctypeslib.as_array(pointer, shape=(self.n_vocab,))

    def _generate(self, sampler: "_Sampler", max_tokens: int, piece: Callable[[str], None]) -> tuple[str, bool]:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        text = ""
        for _ in range(max_tokens):
            token = sampler.choose(self._last_logits())
            if token is None or self._ends(token):
                return text, token is not None
            sampler.accept(token)
            new = decoder.decode(self._bytes(token))
            text += new
            if new:
                piece(new)
            if not self._decode([token]):
                return text, False
        return text, sampler.may_end(self._last_logits(), self._ends)

    def _think(self, sampling: Sampling, room: int) -> bool:
        """Let a thinking model think before it answers; false if the time limit came first.

        It does so where the template opens a thought, or where the likeliest first token does. The thought is neither bound by
        the grammar nor told to anyone. At `room` tokens it is ended.
        """
        if not self._layout.opens_thought:
            if self._thought_opens is None or int(self._last_logits().argmax()) != self._thought_opens:
                return True
            if not self._decode([self._thought_opens]):
                return False
        ending = self.tokenise(f"\n{THOUGHT_CLOSES}\n\n", True)
        ended = self._thought(sampling, room - len(ending) - 1)
        if ended is None:
            return False
        return self._decode(self.tokenise("\n\n", False) if ended else ending)

    def _thought(self, sampling: Sampling, room: int) -> bool | None:
        """Whether the model ended its thought by itself; None at the time limit."""
        banned = self._banned[self._banned != self._thought_closes]
        sampler = _Sampler(
            self._vocab, self.n_vocab, sampling._replace(grammar=None), self._default_temperature(sampling), banned
        )
        text = b""
        try:
            for _ in range(room):
                token = sampler.choose(self._last_logits())
                if token is None or self._ends(token):
                    return False
                text += self._bytes(token)
                if not self._decode([token]):
                    return None
                if token == self._thought_closes or text.rstrip().endswith(THOUGHT_CLOSES.encode()):
                    return True
            return False
        finally:
            sampler.close()

    def _one_token(self, text: str) -> int | None:
        tokens = self.tokenise(text, True)
        return tokens[0] if len(tokens) == 1 else None

    def _bytes(self, token: int) -> bytes:
        size = 64
        while True:
            buffer = ctypes.create_string_buffer(size)
            count = llama_cpp.llama_token_to_piece(self._vocab, token, buffer, size, 0, False)
            if count >= 0:
                return buffer.raw[:count]
            size = -count


class Kept(NamedTuple):
    """Keys and values after some tokens, and the logits after the last one where they are needed next."""

    state: Any
    logits: NDArray[np.float32] | None


class KeptStates:
    """The states used last, by the tokens that led to them."""

    def __init__(self) -> None:
        self._states: dict[tuple[int, ...], Kept] = {}

    def get(self, tokens: list[int]) -> Kept | None:
        kept = self._states.pop(tuple(tokens), None)
        if kept is not None:
            self._states[tuple(tokens)] = kept
        return kept

    def put(self, tokens: list[int], kept: Kept) -> None:
        self._states.pop(tuple(tokens), None)
        self._states[tuple(tokens)] = kept
        while len(self._states) > MOST_KEPT:
            del self._states[next(iter(self._states))]


class _Sampler:
    """Chooses one token after the other.

    As in llama.cpp's own tools the grammar first judges only the token that would be chosen without it; when it refuses that one
    it judges the likeliest tokens, and all of the vocabulary only when it refuses those too: with 150,000 tokens that takes 27 ms.
    """

    def __init__(
        self, vocab: Any, n_vocab: int, sampling: Sampling, temperature: float, banned: NDArray[np.int32]
    ) -> None:
        self._banned = banned
        self._candidates = np.zeros(n_vocab, dtype=_CANDIDATE)
        self._grammar = _compile(vocab, sampling.grammar) if sampling.grammar is not None else None
        self._chain = llama_cpp.llama_sampler_chain_init(llama_cpp.llama_sampler_chain_default_params())
        if temperature <= 0:
            self._add(llama_cpp.llama_sampler_init_greedy())
        else:
            self._add(llama_cpp.llama_sampler_init_top_k(TOP_K))
            self._add(llama_cpp.llama_sampler_init_top_p(TOP_P, 1))
            self._add(llama_cpp.llama_sampler_init_temp(temperature))
            self._add(llama_cpp.llama_sampler_init_dist(sampling.seed & 0x7FFFFFFF))

    def _add(self, sampler: Any) -> None:
        llama_cpp.llama_sampler_chain_add(self._chain, sampler)

    def choose(self, logits: NDArray[np.float32]) -> int | None:
        """The next token; None when the grammar admits none."""
        token = self._draw(self._fill(logits))
        if self._grammar is None or self._admits(token):
            return token
        for most in (SHORTLIST, None):
            likely = self._likeliest(logits, most)
            candidates = _as_array(likely)
            llama_cpp.llama_sampler_apply(self._grammar, ctypes.byref(candidates))
            if np.isfinite(likely["logit"]).any():
                return self._draw(candidates)
        return None

    def _likeliest(self, logits: NDArray[np.float32], most: int | None) -> NDArray[np.void]:
        """The candidates in order of their ids; `most` of them where the vocabulary is much larger."""
        self._fill(logits)
        if most is None or len(self._candidates) < 2 * most:
            return self._candidates
        chosen = np.argpartition(self._candidates["logit"], -most)[-most:]
        return self._candidates[np.sort(chosen)]

    def accept(self, token: int) -> None:
        if self._grammar is not None:
            llama_cpp.llama_sampler_accept(self._grammar, token)

    def may_end(self, logits: NDArray[np.float32], ends: Callable[[int], bool]) -> bool:
        """Whether the grammar admits nothing but the end here: then an answer at the token limit is whole."""
        if self._grammar is None:
            return False
        llama_cpp.llama_sampler_apply(self._grammar, ctypes.byref(self._fill(logits)))
        admitted = self._candidates["id"][np.isfinite(self._candidates["logit"])]
        return len(admitted) > 0 and all(ends(int(token)) for token in admitted)

    def close(self) -> None:
        llama_cpp.llama_sampler_free(self._chain)
        if self._grammar is not None:
            llama_cpp.llama_sampler_free(self._grammar)

    def _fill(self, logits: NDArray[np.float32]) -> Any:
        self._candidates["id"] = np.arange(len(self._candidates), dtype=np.int32)
        self._candidates["logit"] = logits
        self._candidates["p"] = 0
        self._candidates["logit"][self._banned] = -np.inf
        return _as_array(self._candidates)

    def _draw(self, candidates: Any) -> int:
        llama_cpp.llama_sampler_apply(self._chain, ctypes.byref(candidates))
        return int(candidates.data[candidates.selected].id)

    def _admits(self, token: int) -> bool:
        single = np.zeros(1, dtype=_CANDIDATE)
        single["id"] = token
        llama_cpp.llama_sampler_apply(self._grammar, ctypes.byref(_as_array(single)))
        return bool(np.isfinite(single["logit"][0]))


def _as_array(candidates: NDArray[np.void]) -> Any:
    pointer = candidates.ctypes.data_as(llama_cpp.llama_token_data_p)
    return llama_cpp.llama_token_data_array(data=pointer, size=len(candidates), selected=-1, sorted=False)


def _compile(vocab: Any, grammar: str) -> Any:
    """A grammar sampler. llama.cpp answers NULL for a grammar it cannot use, and crashes when that NULL is applied.

    An empty grammar (also what is left of one before a NUL) it takes for none at all: everything would be admitted.
    """
    if not grammar.strip() or "\0" in grammar:
        raise Refused("grammar", "it is empty or holds a NUL character")
    sampler = llama_cpp.llama_sampler_init_grammar(vocab, grammar.encode("utf-8", "replace"), b"root")
    if not sampler:
        raise Refused("grammar", "llama.cpp cannot use this grammar")
    return sampler


class _LogTail:
    """The last warnings and errors of llama.cpp, which says why a file does not load nowhere else."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._callback = llama_cpp.llama_log_callback(self._add)
        llama_cpp.llama_log_set(self._callback, ctypes.c_void_p(0))

    def _add(self, level: int, text: bytes, _data: object) -> None:
        if level in (3, 4):
            self._lines = [*self._lines[-19:], text.decode("utf-8", "replace").strip()]

    def text(self) -> str:
        return "; ".join(self._lines)


def _load_failure(log: str) -> tuple[str, str]:
    """What llama.cpp's messages mean. The wordings are those of its model loader."""
    if "unknown model architecture" in log:
        return "architecture", log
    if any(sign in log for sign in ("not within the file bounds", "failed to read", "corrupted or incomplete")):
        return "truncated", log
    if "alloc" in log or "out of memory" in log:
        return "memory", log
    return "load", log or "llama.cpp gives no reason"


def _check_memory(path: Path) -> None:
    """Refuse a file that the free memory cannot hold (Linux; elsewhere llama.cpp finds out)."""
    meminfo = Path("/proc/meminfo")
    if not meminfo.exists():
        return
    lines = (line.split() for line in meminfo.read_text(encoding="ascii").splitlines())
    free = next((int(words[1]) * 1024 for words in lines if words[0] == "MemAvailable:"), None)
    size = path.stat().st_size
    if free is not None and size > free * MEMORY_SHARE:
        raise Refused("memory", f"it takes {size / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free")


def _threads(parameters: int) -> int:
    if parameters < SMALL_MODEL:
        return 1
    return min(8, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
