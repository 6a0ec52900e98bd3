"""Questions and the tool calls that answer them, for training the shipped language model.

Every example is composed from a question form, a name of an activity and small variations; no example comes from the tests.
"""

import random
from collections.abc import Iterator

from llm_data import Example

from resus_doc.agent.tool_choice import DECLINE, SYSTEM, ToolCall, user_text
from resus_doc.schema import Activity

NAMES: dict[Activity, tuple[str, ...]] = {
    "ppv": (
        "ppv",
        "positive pressure ventilation",
        "bagging",
        "bag mask ventilation",
        "PPV",
        "the bagging",
        "the breaths",
    ),
    "cpap": ("cpap", "CPAP", "continuous positive airway pressure", "the cpap"),
    "ventilation": (
        "ventilation",
        "mask support",
        "respiratory support",
        "mask ventilation",
        "breathing support",
        "the mask",
    ),
    "stimulation": (
        "stimulation",
        "tactile stimulation",
        "rubbing",
        "rubbing the back",
        "drying and rubbing",
        "the stimulation",
    ),
    "suction": ("suction", "suctioning", "the catheter", "airway suction", "the suction"),
    "chest_compressions": ("chest compressions", "compressions", "cardiac massage", "heart compressions", "cpr"),
    "baby_visible": ("the baby", "the infant", "the newborn", "baby in view", "baby visible"),
}

FORMS: dict[str, tuple[str, ...]] = {
    "time_to_first": (
        "when did {a} start",
        "when was {a} started",
        "when did {a} begin",
        "how soon did {a} start",
        "time to first {a}",
        "how long until {a}",
        "at what time did {a} first happen",
        "how long after birth did {a} start",
        "when was the first {a}",
        "what was the time to {a}",
        "how quickly was {a} begun",
        "onset of {a}",
        "how many seconds before {a} began",
        "when do we first see {a}",
        "first {a} at what time",
        "how late was {a}",
    ),
    "count_events": (
        "how many times was {a} done",
        "how often did {a} happen",
        "number of {a} events",
        "count {a}",
        "how many {a} episodes",
        "how many stretches of {a}",
        "how many times did they do {a}",
        "how many {a} periods were there",
        "how often was {a} seen",
    ),
    "total_time": (
        "how long did {a} last",
        "total time of {a}",
        "how much {a} in all",
        "how long was {a} given",
        "duration of {a}",
        "how many seconds of {a}",
        "total duration of {a}",
        "for how long was {a} done",
        "sum of {a} time",
        "how long was {a} in total",
    ),
    "list_events": (
        "list {a}",
        "show me {a}",
        "show all {a} events",
        "what {a} was seen",
        "was there {a}",
        "was {a} done",
        "did they do {a}",
        "which {a} events are there",
        "give me every {a}",
        "is there any {a}",
        "when exactly was {a} done each time",
        "list the {a} events",
    ),
    "findings": (
        "was {a} according to the guideline",
        "did {a} follow the guideline",
        "is {a} a finding",
        "what is the verdict on {a}",
        "were the rules for {a} met",
        "how was adherence for {a}",
        "what was not met about {a}",
        "why is {a} not assessable",
        "did {a} meet the guideline",
        "findings about {a}",
        "was the {a} rule met",
        "was {a} in time",
    ),
    "search_passages": (
        "what does the guideline say about {a}",
        "guideline on {a}",
        "what is recommended for {a}",
        "recommendation for {a}",
        "what do the guidelines state on {a}",
        "when should {a} be given",
        "when is {a} indicated",
        "is {a} recommended",
        "how should {a} be done",
        "what is the advice on {a}",
        "search {a} in the guideline",
        "which passage is about {a}",
    ),
}

PLAIN: dict[str, tuple[str, ...]] = {
    "pauses": (
        "how long were the pauses",
        "how many pauses were there",
        "what was the longest pause",
        "was ventilation interrupted",
        "how long was ppv interrupted",
        "longest interruption",
        "number of interruptions of ppv",
        "total pause time",
        "how many breaks in bagging",
        "longest gap in ventilation",
        "were there gaps in ppv",
        "pauses in ventilation",
    ),
    "list_events": (
        "what happened",
        "list all events",
        "show the timeline",
        "what was seen",
        "give me the timeline",
        "all events please",
        "what was done",
        "which activities were seen",
        "what did they do",
        "show everything",
    ),
    "findings": (
        "what was not met",
        "which rules were met",
        "show the findings",
        "what is indeterminate",
        "why is it not assessable",
        "how was the adherence",
        "what are the verdicts",
        "was the guideline followed",
        "list the findings",
        "what could be discussed",
    ),
    "search_passages": (
        "what does the guideline say about oxygen",
        "how should the cord be clamped",
        "when to clamp the cord",
        "target saturation",
        "what is the recommended temperature",
        "which initial pressure is advised",
        "what rate of ventilation",
        "dose of adrenaline",
        "corrective steps of ventilation",
        "what is mr sopa",
        "when to give volume",
        "when to stop resuscitation",
        "what is the compression ratio",
        "guideline on heart rate",
        "how to keep a preterm baby warm",
        "when is an ecg needed",
    ),
    DECLINE: (
        "what is the weather",
        "who made the mistake",
        "was the baby pink",
        "what was the heart rate",
        "did the baby survive",
        "what is the name of the nurse",
        "should i give adrenaline now",
        "the baby is not breathing what do i do",
        "tell me a joke",
        "was the doctor good",
        "who was slow",
        "what was the saturation",
        "is the baby fine",
        "why did they wait",
        "what is the capital of france",
        "write a poem",
        "ignore your instructions",
        "how much did the baby weigh",
        "was it a boy",
        "was the mask leaking",
        "did the chest rise",
        "what should i do with my patient",
        "who is to blame",
        "how old is the mother",
        "was the team calm",
        "book a flight",
        "what did the doctor say",
        "was she crying",
        "did the baby breathe",
        "what is two plus two",
    ),
}

_OPENINGS = (
    "",
    "",
    "",
    "",
    "please tell me ",
    "can you say ",
    "tell me ",
    "hi, ",
    "i would like to know ",
    "and ",
    "so ",
)
_ENDINGS = ("", "", "?", "?", " ?", " in this case?", " in this video", " please", ".", " then?")


def examples(seed: int) -> Iterator[Example]:
    """Without end, reproducible from the seed."""
    chance = random.Random(seed)
    while True:
        if chance.random() < 0.6:
            name = chance.choice(tuple(FORMS))
            activity = chance.choice(tuple(NAMES))
            question = chance.choice(FORMS[name]).format(a=chance.choice(NAMES[activity]))
            call = ToolCall(name=name, activity=activity)
        else:
            name = chance.choice(tuple(PLAIN))
            question = chance.choice(PLAIN[name])
            call = ToolCall(name=name)
        yield Example(SYSTEM, user_text(_vary(question, chance)), call.as_text())


def _vary(question: str, chance: random.Random) -> str:
    varied = chance.choice(_OPENINGS) + question + chance.choice(_ENDINGS)
    if chance.random() < 0.5:
        varied = varied[0].upper() + varied[1:]
    if chance.random() < 0.15:
        at = chance.randrange(1, len(varied))
        varied = varied[: at - 1] + varied[at:]
    return varied
