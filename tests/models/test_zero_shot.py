"""Asking a pretrained model: what counts as an answer, and the whole way through a small random LLaVA with processor."""

import json
import shutil

import numpy as np
import pytest

from resus_doc.errors import BundleBroken, LanguageModelBroken
from resus_doc.models import zero_shot
from resus_doc.models.evaluation import STUDY_CLASSES
from resus_doc.models.zero_shot import InstructModel, judge_by, listed, look, yes

FRAMES = np.random.default_rng(0).integers(0, 256, (8, 32, 32, 3), dtype=np.uint8)


class Scripted:
    """Answers from a function and remembers what it was asked."""

    def __init__(self, reply):
        self.reply, self.asked = reply, []

    def answer(self, frames, question, most_tokens):
        assert frames.shape == FRAMES.shape and most_tokens > 0
        self.asked.append(question)
        return self.reply(question)


@pytest.mark.parametrize(
    ("answer", "said"),
    [("Yes", True), ("yes, it is.", True), ("**Yes**", True), ("No", False), ("", False), ("maybe yes", False)],
)
def test_only_a_first_word_yes_is_yes(answer, said):
    assert yes(answer) is said


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ("baby visible, ventilation", {"baby_visible", "ventilation"}),
        ("Baby_visible; Suction.\n", {"baby_visible", "suction"}),
        ("none", set()),
        ("no suction", set()),
        ("The baby gets ventilation and suction", set()),
    ],
)
def test_a_list_names_whole_classes_only(answer, found):
    assert listed(answer) == found


def test_each_strategy_asks_as_the_study_did():
    each = Scripted(lambda question: "yes" if "suction" in question else "no idea")
    assert look(each, FRAMES, "yes-no").tolist() == [name == "suction" for name in STUDY_CLASSES]
    assert len(each.asked) == len(STUDY_CLASSES)
    whole = Scripted(lambda _: "baby visible, stimulation")
    assert look(whole, FRAMES, "list").tolist() == [True, False, True, False]
    assert len(whole.asked) == 1 and all(name in whole.asked[0] for name in zero_shot.NAMES)
    told, judged = Scripted(lambda _: 'A hand" rubs.'), []

    def judge(question):
        judged.append(question)
        return "Yes" if "rubbing" in question else "No"

    assert look(told, FRAMES, "caption", judge).tolist() == [False, False, True, False]
    assert all('"A hand\' rubs."' in question for question in judged)
    with pytest.raises(ValueError, match="judge"):
        look(told, FRAMES, "caption")


@pytest.fixture(scope="module")
def instruct_folder(tmp_path_factory):
    """A LLaVA of random weights, with tokenizer, processor and chat template, as a hub would give it."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import (
        CLIPImageProcessor,
        CLIPVisionConfig,
        LlamaConfig,
        LlavaConfig,
        LlavaForConditionalGeneration,
        LlavaProcessor,
        PreTrainedTokenizerFast,
    )

    torch.manual_seed(0)
    words = ["<unk>", "<pad>", "<s>", "</s>", "<image>", "yes", "no", "Answer", "with", "only", ".", "Is", "it"]
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="<unk>", pad_token="<pad>", bos_token="<s>", eos_token="</s>",
        additional_special_tokens=["<image>"],
    )  # fmt: skip
    processor = LlavaProcessor(
        CLIPImageProcessor(size={"shortest_edge": 16}, crop_size=16),
        fast,
        patch_size=8,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template="{% for m in messages %}{% for c in m['content'] %}{% if c['type'] == 'image' %}<image> "
        "{% else %}{{ c['text'] }} {% endif %}{% endfor %}{% endfor %}",
    )
    model = LlavaForConditionalGeneration(
        LlavaConfig(
            vision_config=CLIPVisionConfig(
                image_size=16, patch_size=8, hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
                intermediate_size=16, projection_dim=16,
            ),
            text_config=LlamaConfig(
                vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
                num_key_value_heads=2, intermediate_size=16, pad_token_id=1, bos_token_id=2, eos_token_id=3,
            ),
            image_token_index=4,
        )
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("instruct")
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def test_a_pretrained_model_is_asked_through_its_own_processor(instruct_folder):
    model = InstructModel(instruct_folder)
    first = model.answer(FRAMES, zero_shot.question("suction"), 5)
    assert first == model.answer(FRAMES, zero_shot.question("suction"), 5)
    assert "<image>" not in first
    assert look(model, FRAMES, "yes-no").shape == look(model, FRAMES, "list").shape == (4,)


def test_what_cannot_be_asked_is_refused(instruct_folder, random_bundle, tmp_path):
    with pytest.raises(BundleBroken, match=r"cannot be asked.*it holds no config.json.*--zero-shot"):
        InstructModel(tmp_path)
    with pytest.raises(BundleBroken, match="cannot be asked"):
        InstructModel(random_bundle / "base")


CODE = {
    "config.json": {
        "model_type": "own",
        "auto_map": {"AutoConfig": "own.Own", "AutoModelForImageTextToText": "own.Own"},
    },
    "processor_config.json": {"processor_class": "Own", "auto_map": {"AutoProcessor": "own.Own"}},
}
"""What a folder says in which file to have its own code run."""


@pytest.mark.parametrize("file", CODE)
def test_code_in_a_model_folder_is_not_run_and_nobody_is_asked_to_run_it(instruct_folder, tmp_path, monkeypatch, file):
    folder = shutil.copytree(instruct_folder, tmp_path / "model")
    (folder / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()\nclass Own: ...\n")
    (folder / file).write_text(json.dumps({**json.loads((folder / file).read_text()), **CODE[file]}))
    asked = []
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or "y")
    with pytest.raises(BundleBroken, match="cannot be asked"):
        InstructModel(folder)
    assert asked == [] and not (tmp_path / "ran").exists()


def test_a_folder_that_is_not_there_is_told_as_that_and_not_as_a_lack_of_internet(tmp_path):
    with pytest.raises(BundleBroken, match=r"nosuch cannot be asked.*no such folder") as refused:
        InstructModel(tmp_path / "nosuch")
    assert "huggingface" not in str(refused.value)


def test_a_judge_that_does_not_load_is_another_options_file(tmp_path):
    (tmp_path / "text.gguf").write_text("no model")
    for name, said in (("nosuch.gguf", "does not exist"), ("text.gguf", "is not a GGUF file")):
        with pytest.raises(LanguageModelBroken, match=f"{said}.*--judge") as refused:
            judge_by(tmp_path / name)
        assert "--llm" not in str(refused.value)
