"""Pictures: deterministic, and only the right acts move."""

from itertools import combinations

import numpy as np
import pytest

from resus_doc.schema import Span
from resus_doc.tools.simulate.acts import ActKind, make_act
from resus_doc.tools.simulate.canvas import Canvas, box, camera
from resus_doc.tools.simulate.look import FAMILIES, HELD_OUT, MIXED
from resus_doc.tools.simulate.motion import baby_offset, beat, mask_pose, reach
from resus_doc.tools.simulate.render import Renderer, dense_targets
from resus_doc.tools.simulate.scenario import Scenario, compose, draw
from resus_doc.tools.simulate.things import Thing

ALWAYS = [Span(-5.0, 30.0)]


def _scene(*kinds: ActKind, seed: int = 3, stays: list[Span] | None = None, difficulty: float = 0.0) -> Scenario:
    rng = np.random.default_rng(seed)
    acts = [make_act(rng, kind, 2, 8) for kind in kinds]
    where = ALWAYS if stays is None else stays
    return compose(seed, acts, where, duration_s=10, difficulty=difficulty, hospital="aurora")


def _motion(scenario: Scenario, start_s: float = 3.0) -> float:
    """Largest change of a pixel from its mean over 2 s, on average over the picture; sensor noise is turned off."""
    quiet = scenario.model_copy(update={"look": scenario.look.model_copy(update={"noise": 0.0})})
    renderer = Renderer(quiet, 112, 112)
    frames = np.stack([renderer.frame(start_s + k / 8) for k in range(16)]).astype(float)
    return float(np.abs(frames - frames.mean(0)).max(0).mean())


@pytest.mark.parametrize("difficulty", [0.0, 1.0])
def test_same_moment_same_pixels(difficulty: float) -> None:
    scenario = draw(5, difficulty=difficulty)
    first, second = Renderer(scenario, 128, 96), Renderer(scenario, 128, 96)
    second.frame(11.0)
    image = first.frame(20.0)
    assert image.shape == (96, 128, 3) and image.dtype == np.uint8
    assert np.array_equal(image, second.frame(20.0))


@pytest.mark.parametrize("size", [(64, 64), (112, 112), (640, 480), (97, 201)])
def test_any_size(size: tuple[int, int]) -> None:
    width, height = size
    image = Renderer(_scene("ppv"), width, height).frame(4.0)
    assert image.shape == (height, width, 3)
    assert image.std() > 20


def test_a_small_picture_is_the_resized_large_one() -> None:
    import cv2

    scenario = _scene("suction")
    large = cv2.resize(Renderer(scenario, 640, 480).frame(4.0), (112, 112), interpolation=cv2.INTER_AREA)
    small = Renderer(scenario, 112, 112).frame(4.0)
    assert np.abs(large.astype(float) - small).mean() < 5


@pytest.mark.parametrize("seed", [3, 4, 5, 6])
def test_ppv_moves_and_cpap_does_not(seed: int) -> None:
    still, moving = _motion(_scene("cpap", seed=seed)), _motion(_scene("ppv", seed=seed))
    assert moving > still + 0.8


@pytest.mark.parametrize(
    ("kind", "like"), [("stimulation", "rest"), ("chest_compressions", "rest"), ("suction", "poise")]
)
def test_acts_move_and_a_resting_hand_does_not(kind: ActKind, like: ActKind) -> None:
    assert _motion(_scene(kind)) > _motion(_scene(like)) + 0.8


def test_empty_table_shows_no_baby() -> None:
    targets = dense_targets(_scene(stays=[]), 4.0, 14)
    assert not {Thing.HEAD, Thing.TRUNK, Thing.LIMB} & {Thing(x) for x in np.unique(targets)}
    assert {Thing.TABLE, Thing.TOWEL} <= {Thing(x) for x in np.unique(targets)}


@pytest.mark.parametrize(
    ("kind", "thing"), [("ppv", Thing.MASK), ("suction", Thing.CATHETER), ("stimulation", Thing.HAND)]
)
def test_dense_targets_show_what_is_there(kind: ActKind, thing: Thing) -> None:
    targets = dense_targets(_scene(kind), 4.0, 14)
    assert targets.shape == (14, 14)
    assert {thing, Thing.HAND, Thing.ARM, Thing.HEAD, Thing.TRUNK} <= {Thing(x) for x in np.unique(targets)}


def test_dense_targets_lie_where_the_picture_has_it() -> None:
    """The catheter is the only yellow-green thing of an easy scene."""
    scenario = _scene("suction")
    image = Renderer(scenario, 112, 112).frame(4.0).astype(int)
    green = (image[..., 1] > image[..., 2] + 90) & (image[..., 1] > image[..., 0] + 15)
    patches = green.reshape(14, 8, 14, 8).mean((1, 3)) > 0.25
    assert patches.any()
    targets = dense_targets(scenario, 4.0, 14)
    assert (targets[patches] == Thing.CATHETER).mean() > 0.8


def test_rhythm_stays_inside_its_act() -> None:
    act = make_act(np.random.default_rng(0), "ppv", 2, 8)
    assert beat(act, 1.9) == beat(act, 8.1) == beat(act, 2.0) == 0
    assert max(beat(act, 2 + k / 50) for k in range(100)) > 0.95
    assert reach(act, 1.0) == reach(act, 9.0) == 0
    assert reach(act, 2.0) == reach(act, 5.0) == reach(act, 8.0) == 1


def test_mask_lies_parked_without_mask_support() -> None:
    scenario = _scene("cpap")
    assert mask_pose(scenario, 0.5).held == 0
    assert mask_pose(scenario, 4.0).held == 1
    assert mask_pose(scenario, 4.0).squeeze == 0


def test_baby_comes_and_goes() -> None:
    scenario = _scene(stays=[Span(3.0, 7.0)])
    away = [baby_offset(scenario, t)[0] for t in (1.0, 3.0, 5.0, 7.0, 9.0)]
    assert away == pytest.approx([1.0, 0.5, 0.0, 0.5, 1.0])


def _places(kind: ActKind) -> np.ndarray:
    """Where the mask's patches lie on average, at eight moments of two seconds [8, 2]."""
    moments = [dense_targets(_scene(kind), 3 + k / 4, 48) == Thing.MASK for k in range(8)]
    return np.array([np.argwhere(mask).mean(0) for mask in moments])


def test_a_mask_held_over_the_face_wanders_and_one_on_it_does_not() -> None:
    near, on = mask_pose(_scene("hover"), 4.0), mask_pose(_scene("cpap"), 4.0)
    assert (near.held, near.near, near.squeeze) == (1, 1, 0)
    assert (on.held, on.near) == (1, 0)
    assert np.ptp(_places("cpap"), axis=0).max() < 0.5
    assert np.ptp(_places("hover"), axis=0).max() > 2


@pytest.mark.parametrize("kind", ["rest", "listen", "hover", "poise"])
def test_look_alikes_are_no_truth(kind: ActKind) -> None:
    assert {e.activity for e in _scene(kind).events} == {"baby_visible"}
    assert kind == "hover" or _motion(_scene(kind)) < 0.6


@pytest.mark.parametrize(("activity", "look_alike"), [("stimulation", "rest"), ("suction", "poise")])
def test_a_single_frame_shows_a_look_alike_as_its_activity(activity: ActKind, look_alike: ActKind) -> None:
    """At the moment when the activity's swing passes the place where the other hand stays, the pictures are one."""
    other = dense_targets(_scene(look_alike), 4.0, 24)
    shown = [dense_targets(_scene(activity), 4 + k / 40, 24) for k in range(40)]
    assert min(np.mean(picture != other) for picture in shown) < 0.01
    assert max(np.mean(picture != other) for picture in shown) > 0.02


def test_easy_scenes_have_no_hard_parts() -> None:
    for seed in range(20):
        scenario = draw(seed, difficulty=0)
        assert all(a.drift_cm == 0 and a.breath_every == 0 for a in scenario.acts)
        assert (scenario.look.exposure_s, scenario.look.lean_every_s, scenario.look.sway_cm) == (0, 0, 0)


def test_compressions_pause_for_a_breath_in_the_three_to_one_rhythm() -> None:
    act = make_act(np.random.default_rng(0), "chest_compressions", 0, 60).model_copy(
        update={"breath_every": 3, "rate_hz": 2.0}
    )
    beats = [beat(act, k / 2 + 0.25) for k in range(40)]
    assert [round(b) for b in beats] == [1, 1, 1, 0] * 10


def test_an_open_shutter_smears_motion() -> None:
    scenario = _scene("stimulation")
    smeared = scenario.model_copy(update={"look": scenario.look.model_copy(update={"exposure_s": 0.06})})
    sharp, soft = (Renderer(s, 320, 240).frame(4.0).astype(float) for s in (scenario, smeared))
    assert 0.1 < np.abs(sharp - soft).mean() < 20


def test_each_hospital_has_a_camera_of_its_own() -> None:
    looks = {name: compose(5, [], ALWAYS, duration_s=10, difficulty=0.0, hospital=name).look for name in FAMILIES}
    turns = [look.turn_deg for look in looks.values()]
    assert all(abs((a - b + 180) % 360 - 180) > 60 for a, b in combinations(turns, 2))
    assert len({look.furniture for look in looks.values()}) == len(FAMILIES)


def test_mixed_rooms_take_nothing_of_the_held_out_hospital() -> None:
    looks = [compose(seed, [], ALWAYS, duration_s=10, difficulty=0.0, hospital=MIXED).look for seed in range(200)]
    known = {piece for name, family in FAMILIES.items() if name != HELD_OUT for piece in family.furniture}
    assert {piece for look in looks for piece in look.furniture} == known
    quarters = {round(look.turn_deg / 90) % 4 for look in looks}
    assert quarters == {0, 1, 2, 3}
    assert len({(round(look.turn_deg / 90) % 4, look.furniture) for look in looks}) > 50


def test_a_hand_casts_a_shadow() -> None:
    scene = _scene("rest")
    dark = {"noise": 0.0, "shadow": 0.6, "shadow_cm": (3.0, 3.0), "gloss": None}
    pictures = [
        Renderer(scene.model_copy(update={"look": scene.look.model_copy(update=look)}), 320, 240).frame(4.0).astype(int)
        for look in (dark, dark | {"shadow": 0.0})
    ]
    less = (pictures[1] - pictures[0]).max(-1)
    assert (less >= 0).all()
    assert 0.01 < (less > 40).mean() < 0.2


def test_a_lens_bends_what_lies_far_from_the_middle() -> None:
    straight = np.zeros((240, 320, 3), np.uint8)
    bent = straight.copy()
    matrix = camera(compose(5, [], [], duration_s=5, difficulty=0.0, hospital="aurora").look, 320, 240)
    for image, lens in ((straight, 0.0), (bent, -0.2)):
        Canvas(image, matrix, lens=lens).fill(box(20, 12, 24, 16), (255, 255, 255), 1)

    def off(image: np.ndarray) -> float:
        return float(np.hypot(*(np.argwhere(image[..., 0] > 128).mean(0) - (120, 160))))

    assert off(bent) < off(straight) - 3


def test_a_further_helper_makes_six_hands() -> None:
    acts = ("ppv", "chest_compressions")
    without, with_helper = _scene(*acts), _scene(*acts, "steady")
    hands = [(dense_targets(scene, 5.0, 24) == Thing.HAND).sum() for scene in (without, with_helper)]
    assert hands[1] > hands[0]
