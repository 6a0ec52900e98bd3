"""Training on arrays: it learns, it resumes exactly, and it does not go on after a NaN."""

import numpy as np
import pytest
import torch

from resus_doc.models import pretraining, small_vlm, training
from resus_doc.models.pretraining import Vocabulary
from resus_doc.models.training import Clips, Recipe
from resus_doc.models.weights import new_head

WORDS = Vocabulary(things=5, grid=4)
LABELS = 2


def tiny_base():
    return small_vlm.new_base(
        image_size=64, hidden_size=32, layers=1, vocabulary=WORDS.size, widths=(8, 8, 8), blocks=(0, 0, 0)
    )


def clips(kind, count=24):
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, (count, 5, 64, 64, 3), dtype=np.uint8)
    flags = np.arange(count)[:, None] % 2 == np.arange(LABELS)
    frames[flags[:, 0]] //= 4
    dense = rng.integers(0, 5, (count, 2, 2, 4, 4), dtype=np.uint8)
    return Clips(frames, dense if kind == "base" else flags)


def weights(module):
    return torch.cat([p.detach().flatten() for p in module.parameters()])


def test_captions_tell_where_things_are_and_whether_they_move():
    dense = np.zeros((3, 2, 4, 4), np.uint8)
    dense[:, :, 1, 2] = 3
    dense[0, 0, 3, 0] = dense[1, 1, 3, 0] = dense[2, 0, 3, 0] = 4
    assert WORDS.caption(dense) == [
        *(4 + 3, WORDS.first_x + 2, WORDS.first_y + 1, WORDS.still),
        *(4 + 4, WORDS.first_x, WORDS.first_y + 3, WORDS.still + 1),
        small_vlm.EOS,
    ]


def test_pretraining_resumes_as_if_never_stopped(tmp_path):
    data, recipe = clips("base"), Recipe(steps=4, batch=4, checkpoint_every=2)
    straight = tiny_base()
    pretraining.pretrain(straight, data, WORDS, recipe, tmp_path / "a.ckpt", log=lambda _: None)

    def stop(text):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pretraining.pretrain(tiny_base(), data, WORDS, recipe, tmp_path / "b.ckpt", log=stop)
    resumed = tiny_base()
    pretraining.pretrain(resumed, data, WORDS, recipe, tmp_path / "b.ckpt", log=lambda _: None)
    torch.testing.assert_close(weights(resumed), weights(straight))


def test_the_adapter_learns_and_the_base_stays(tmp_path):
    data = clips("adapter")
    base = tiny_base().eval().requires_grad_(False)
    before = {name: p.clone() for name, p in base.named_parameters()}
    head = new_head(32, LABELS)
    model = training.add_adapter(base, rank=4)
    recipe = Recipe(steps=40, batch=12, learning_rate=5e-3, checkpoint_every=40)
    training.train_adapter(model, head, data, recipe, tmp_path / "c.ckpt", log=lambda _: None)
    for name, parameter in model.get_base_model().named_parameters():
        if "lora" not in name:
            assert torch.equal(parameter, before[name.replace(".base_layer", "")])
    said = training.clip_logits(model, head, data.frames) > 0
    assert (said == data.targets).mean() > 0.9


def test_a_nan_loss_ends_the_training_and_leaves_the_checkpoint(tmp_path):
    data, path = clips("adapter"), tmp_path / "d.ckpt"
    base, head = tiny_base().eval().requires_grad_(False), new_head(32, LABELS)
    training.train_adapter(base, head, data, Recipe(steps=2, batch=4), path, log=lambda _: None)
    stored = path.read_bytes()
    broken = new_head(32, LABELS)
    with torch.no_grad():
        broken[1].bias.fill_(float("nan"))
    with pytest.raises(FloatingPointError, match="nan"):
        training.train_adapter(base, broken, data, Recipe(steps=4, batch=4), tmp_path / "e.ckpt", log=lambda _: None)
    assert path.read_bytes() == stored


def test_a_base_without_the_needed_layers_is_refused():
    base = tiny_base()
    base.model.multi_modal_projector = torch.nn.Identity()
    with pytest.raises(RuntimeError, match="linear_1"):
        training.add_adapter(base)


def test_accumulated_batches_make_the_step_of_one_large_batch(tmp_path):
    data, made = clips("adapter"), []
    for batch, accumulate in ((12, 1), (4, 3)):
        torch.manual_seed(0)
        base, head = tiny_base().eval().requires_grad_(False), new_head(32, LABELS)
        recipe = Recipe(steps=2, batch=batch, accumulate=accumulate, checkpoint_every=2)
        path = tmp_path / f"{accumulate}.ckpt"
        # without chance light and noise, which are drawn batch by batch
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(training, "_varied", lambda frames, _: frames.float())
            training.train_adapter(base, head, data, recipe, path, log=lambda _: None)
        made.append(weights(head))
    torch.testing.assert_close(made[0], made[1], atol=1e-5, rtol=1e-4)


def test_a_checkpoint_holds_what_can_learn_and_not_the_base(tmp_path):
    data, base, head = clips("adapter"), tiny_base().eval().requires_grad_(False), new_head(32, LABELS)
    model = training.add_adapter(base, rank=2)
    training.train_adapter(model, head, data, Recipe(steps=1, batch=4), tmp_path / "f.ckpt", log=lambda _: None)
    stored = torch.load(tmp_path / "f.ckpt", weights_only=True)["modules"]
    learned = {name for name, p in model.named_parameters() if p.requires_grad}
    assert {name for name in stored["model"] if "running" not in name and "num_batches" not in name} == learned


def test_the_adapters_dropout_is_active_in_training_only(tmp_path):
    data, base, head = clips("adapter"), tiny_base().eval().requires_grad_(False), new_head(32, LABELS)
    model = training.add_adapter(base, adapter=training.STUDY_ADAPTER)
    seen = []
    part = next(m for name, m in model.named_modules() if name.endswith("lora_dropout.default"))
    part.register_forward_hook(lambda module, *_: seen.append(module.training))
    training.train_adapter(model, head, data, Recipe(steps=1, batch=4), tmp_path / "g.ckpt", log=lambda _: None)
    assert seen == [True] and not part.training


def test_weights_that_are_not_finite_are_never_stored(tmp_path):
    data, base, head = clips("adapter"), tiny_base().eval().requires_grad_(False), new_head(32, LABELS)
    recipe = Recipe(steps=4, batch=4, learning_rate=float("inf"), checkpoint_every=1)
    with pytest.raises(FloatingPointError):
        training.train_adapter(base, head, data, recipe, tmp_path / "h.ckpt", log=lambda _: None)
    assert not (tmp_path / "h.ckpt").exists()


def test_a_timesformer_learns_to_see_patches_and_resumes(tmp_path):
    from resus_doc.models import timesformer

    data, recipe = clips("base"), Recipe(steps=4, batch=4, checkpoint_every=2, learning_rate=1e-3)
    made = []
    for path, stops in (("i.ckpt", False), ("j.ckpt", True), ("j.ckpt", False)):
        model = timesformer.new(64, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, num_frames=2)

        def log(_, stops=stops):
            if stops:
                raise KeyboardInterrupt

        try:
            pretraining.pretrain_timesformer(model, data, 5, recipe, tmp_path / path, log)
        except KeyboardInterrupt:
            continue
        made.append(weights(model))
    torch.testing.assert_close(made[0], made[1])


def test_a_look_that_a_kill_prevented_is_made_up_for(tmp_path):
    data, recipe, looks = clips("adapter"), Recipe(steps=2, batch=4, checkpoint_every=2), []

    def killed(step, losses):
        raise KeyboardInterrupt

    def look(step, losses):
        looks.append(step)
        return False

    def train(after):
        base = tiny_base().eval().requires_grad_(False)
        model = training.add_adapter(base, rank=4)
        path = tmp_path / "k.ckpt"
        training.train_adapter(model, new_head(32, LABELS), data, recipe, path, lambda _: None, after)

    with pytest.raises(KeyboardInterrupt):
        train(killed)
    train(look)
    assert looks == [2]


def test_an_epoch_shows_each_clip_once():
    recipe = Recipe(steps=10, batch=4, accumulate=2)
    epochs = [[row for step in range(5 * e, 5 * e + 5) for row in training._rows(recipe, 40, step)] for e in (0, 1)]
    assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(40)) and epochs[0] != epochs[1]


def test_a_clip_is_turned_as_a_whole_and_every_way_round():
    clip = np.arange(5 * 8 * 8 * 3, dtype=np.uint8).reshape(5, 8, 8, 3)
    turned = training._turned(torch.from_numpy(np.stack([clip] * 40)), np.random.default_rng(0)).numpy()
    ways = [np.rot90(clip, quarters, (1, 2)) for quarters in range(4)]
    found = [[np.array_equal(each, way) for way in ways] for each in turned]
    assert all(sum(row) == 1 for row in found) and all(any(column) for column in zip(*found, strict=True))
