"""What is said where no tool is called: one sentence of refusal, or what could be asked instead."""

from resus_doc.schema import ACTIVITY_NAMES, Report

DECLINED = "This question is outside what the case record and the guideline passages can answer."
ADVICE = "I only look back at recordings and give no advice for the care of a living patient."
CANNOT_SEE = "I cannot see that in this video: the record holds the recognised activities and their times only."
NO_MORE_TO_SEE = (
    "More than that cannot be seen in this video: the record holds the recognised activities and their times only."
)
CANNOT_SEE_VITALS = (
    "I cannot see that in this video; the vital signs that were given stand in the curves of the report."
)
NOTHING = "Nothing about that is in the case record."
UNCLEAR = "The question was not understood."
TOO_LONG = "The question is too long to be understood: please ask one thing at a time, in a sentence or two."
_UNCLEAR_ASK = "Do you want to know when something started, how long it lasted, or how often it was done?"


def of(name: str, report: Report) -> str:
    """The reply of this name for a case."""
    if name in ("cannot_see", "no_more_to_see") and report.vitals is not None:
        return CANNOT_SEE_VITALS
    if name in ("unclear", "help"):
        return f"{UNCLEAR if name == 'unclear' else ''} {_UNCLEAR_ASK} For example: {examples(report)}.".strip()
    told = {"advice": ADVICE, "cannot_see": CANNOT_SEE, "no_more_to_see": NO_MORE_TO_SEE, "too_long": TOO_LONG}
    return told.get(name, DECLINED)


def examples(report: Report) -> str:
    """Questions that this case can answer."""
    seen = list(dict.fromkeys(event.activity for event in report.events if event.activity != "baby_visible"))
    name = ACTIVITY_NAMES[seen[0]] if seen else "PPV"
    other = ACTIVITY_NAMES[seen[-1]] if seen else "suction"
    asked = (f"when did {name} start", f"how long did {other} last", "what was not met")
    return ", ".join(f"“{question}”" for question in asked)
