"""One registry of what can be done, shared by the report agent and the chat agent.

A tool is named here and lives in its own module, which is imported at its first call: the registry itself costs nothing.
A tool that is `for_chat` may be chosen by a language model; its arguments are validated before the function sees them.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class Tool:
    """`target` is `module:function`, below the package."""

    name: str
    description: str
    target: str
    for_chat: bool = False
    arguments: tuple[str, ...] = ()
    """What a language model may say beside the activity; the fields of `agent.tool_choice.ToolCall`."""

    def __call__(self, *positional: Any, **named: Any) -> Any:
        module, function = self.target.split(":")
        return getattr(import_module(f"resus_doc.{module}"), function)(*positional, **named)


_RELATED = ("rel", "other")
_LIMIT = ("sign", "number", "over")
_CHOSEN = ("which", *_RELATED, "sign", "number", "to")
_COMPARED = (*_RELATED, "sign", "number", "to", "over")
_GAPS = ("which", "sign", "number", "over")
_PAIR = ("other", "sign", "number", "over")
_SHIFTED = ("shift", "number", "profile")
_PLACE = ("which", "other", "number", "to")

_ALL = (
    Tool("probe_video", "What a video file holds: duration, size, rate, hash.", "tools.video:probe"),
    Tool("place_recordings", "Several recordings of one case on one clock.", "tools.recordings:place"),
    Tool("video_of_recordings", "What all recordings hold together.", "tools.recordings:whole_video"),
    Tool("tell_recordings", "Which recordings a case has, as a note.", "tools.recordings:told"),
    Tool("join_timelines", "One timeline of several recordings.", "tools.recordings:join"),
    Tool("detect_activities", "Probability of each activity in each window of a video.", "tools.detect:detect"),
    Tool("look_closer", "Probabilities at a finer stride in some stretches of a video.", "tools.detect:look_closer"),
    Tool("read_annotations", "The events of an annotation file.", "tools.formats:read_annotations"),
    Tool("read_vitals", "Vital signs of a monitor's export, on the video's clock.", "tools.vitals:read_vitals"),
    Tool("timeline_of_windows", "Events from window probabilities.", "tools.timeline:build_timeline"),
    Tool("timeline_of_annotations", "A timeline from a person's events.", "tools.timeline:timeline_from_annotations"),
    Tool("compute_measures", "Intervals, totals and fractions of a timeline.", "tools.measures:compute"),
    Tool("describe_pauses", "Each PPV pause and what was seen during it.", "tools.pauses:describe"),
    Tool("load_profile", "A guideline profile, by id or file.", "guidelines.profile:load"),
    Tool("evaluate_adherence", "Verdicts of a profile's rules on a timeline.", "guidelines.rules:evaluate"),
    Tool("withhold_findings", "A profile's findings when nothing may be concluded.", "guidelines.rules:withhold"),
    Tool("link_passages", "Passages for findings that have none.", "guidelines.store:link_passages"),
    Tool("take_thumbnails", "Small pictures of a report's events.", "tools.thumbnails:take"),
    Tool("cut_clips", "Short films of a report's findings and pauses.", "tools.clips:cut"),
    Tool("write_case", "Write the case folder.", "tools.case_writer:write_case"),
    Tool("list_events", "The stretches of an activity, or of all.", "tools.queries:list_events", True, _CHOSEN),
    Tool("count_events", "How many stretches an activity has.", "tools.reckoning:count_events", True, _COMPARED),
    Tool("time_to_first", "When an activity first began.", "tools.reckoning:time_to_first", True, _LIMIT),
    Tool("total_time", "How long an activity lasted in all.", "tools.reckoning:total_time", True, _COMPARED),
    Tool("fraction", "Which part of the time an activity took.", "tools.reckoning:fraction", True, ("number",)),
    Tool("pauses", "The pauses of PPV, or the gaps of another activity.", "tools.reckoning_gaps:pauses", True, _GAPS),
    Tool("idle", "When no recognised activity was seen.", "tools.reckoning_gaps:idle", True, _GAPS),
    Tool("interval", "The time from one activity to another.", "tools.reckoning_pairs:interval", True, _PAIR),
    Tool("order", "Which activity came first.", "tools.reckoning_pairs:order", True, ("other",)),
    Tool("findings", "Verdicts and their evidence.", "tools.record:findings", True, ("verdict", "over")),
    Tool("why", "Why something could not be assessed.", "tools.record:why", True, ("verdict", "id")),
    Tool("evidence", "What an entry of the record rests on.", "tools.record:evidence", True, ("id",)),
    Tool("rules", "What the guideline's rules say and need.", "tools.what_if:rules_of", True, ("profile",)),
    Tool("what_if", "The same under another guideline or birth time.", "tools.what_if:what_if", True, _SHIFTED),
    Tool("search_passages", "Guideline passages.", "tools.record:search_passages", True, ("profile",)),
    Tool("show", "A picture or short clip of the video.", "tools.show:clip", True, _PLACE),
    Tool("look_again", "The detector on a stretch, more densely.", "tools.look_again:look", True, _PLACE),
    Tool("summary", "What was seen, activity by activity.", "tools.record:summary", True),
    Tool("compare_cases", "A number of each case of a batch.", "tools.across:compare_cases"),
    Tool("show_frame", "One picture of the video.", "tools.show:frame"),
    Tool("about", "The video, time zero and guideline of the case.", "tools.record:about", True),
)

TOOLS: dict[str, Tool] = {tool.name: tool for tool in _ALL}
CHAT_TOOLS: tuple[Tool, ...] = tuple(tool for tool in _ALL if tool.for_chat)
