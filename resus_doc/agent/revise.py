"""Measures, findings and sentences of a case anew, after a person changed its events: arithmetic first, words last.

Nothing looks at the video again. The guideline, the gestation and the vital signs are those that the report was made with. Of the
narrative only the sentences whose facts changed are written; the others keep their words.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from resus_doc.agent import writer
from resus_doc.guidelines import checked
from resus_doc.guidelines.logic import Known
from resus_doc.guidelines.profile import Profile
from resus_doc.schema import Report, Review
from resus_doc.settings import Settings
from resus_doc.tools import review_edits
from resus_doc.tools.cases import gestation_weeks_of, guideline_of
from resus_doc.tools.registry import TOOLS
from resus_doc.tools.review_edits import Edited

if TYPE_CHECKING:
    from resus_doc.models.llm import Engine


class Remade(NamedTuple):
    """The revised report, and how many of its sentences kept their words and how many were written anew."""

    report: Report
    kept: int
    written: int


def remake(
    report: Report, edited: Edited, review: Review, settings: Settings, open_engine: "Callable[[], Engine | None]"
) -> Remade:
    """The report that follows from the edited events.

    Args:
        report: the case as it stood.
        edited: its events, time of birth and changes as the reviewer wants them.
        review: who saves this, and as which revision.
        settings: where the passage index lies, and the seed of the language model.
        open_engine: gives the language model, or None for templates; called only if it has something to write.

    Raises:
        UsageError: the guideline that the report was made with is not to be found.
    """
    marked = report.model_copy(
        update={"review": review, "events": edited.events, "withheld_events": edited.withheld, "narrative": ()}
    )
    timeline = review_edits.timeline_of(report, edited)
    marked = marked.model_copy(update={"time_zero": timeline.time_zero})
    if marked.is_withheld:
        sentences = sum(len(section.sentences) for section in report.narrative)
        return Remade(marked.model_copy(update={"narrative": report.narrative}), sentences, 0)
    profile, checked_by = _profile(report, settings)
    measures = TOOLS["compute_measures"](timeline)
    known = Known(gestation_weeks=gestation_weeks_of(report), vitals=report.vitals)
    adherence = TOOLS["evaluate_adherence"](profile, timeline, measures, known=known)
    linked = TOOLS["link_passages"](adherence.findings, adherence.passages, settings.data)
    revised = marked.model_copy(
        update={
            "activities_covered": timeline.covered,
            "observed": timeline.observed,
            "observed_s": timeline.observed_s,
            "measures": measures,
            "ppv_pauses": TOOLS["describe_pauses"](timeline),
            "guideline": profile.ref,
            "findings": linked.findings,
            "passages": linked.passages,
            "closer_looks": (),
            "provenance": {**report.provenance, "rules_checked_by": checked_by},
        }
    )
    told = writer.rewrite_narrative(revised, report, open_engine, settings.seed)
    return Remade(revised.model_copy(update={"narrative": told.narrative}), told.kept, told.written)


def _profile(report: Report, settings: Settings) -> tuple[Profile, dict[str, str]]:
    return checked.apply(TOOLS["load_profile"](guideline_of(report)), settings.data)
