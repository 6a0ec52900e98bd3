"""What the shipped language model learns from: sentences to write, and somewhat more questions to route, which are harder."""

import random
from collections.abc import Iterator

import chat_data
import llm_data

CHAT_SHARE = 0.65


def examples(seed: int) -> Iterator[llm_data.Example]:
    """Without end, reproducible from the seed."""
    chance = random.Random(seed)
    writing, routing = llm_data.examples(seed), chat_data.examples(seed)
    while True:
        yield next(routing) if chance.random() < CHAT_SHARE else next(writing)
