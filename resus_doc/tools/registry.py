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

    def __call__(self, *positional: Any, **named: Any) -> Any:
        module, function = self.target.split(":")
        return getattr(import_module(f"resus_doc.{module}"), function)(*positional, **named)


_ALL = (
    Tool("probe_video", "What a video file holds: duration, size, rate, hash.", "tools.video:probe"),
    Tool("detect_activities", "Probability of each activity in each window of a video.", "tools.detect:detect"),
    Tool("read_annotations", "The events of an annotation file.", "tools.formats:read_annotations"),
    Tool("read_vitals", "Vital signs of a monitor's export, on the video's clock.", "tools.vitals:read_vitals"),
    Tool("timeline_of_windows", "Events from window probabilities.", "tools.timeline:build_timeline"),
    Tool("timeline_of_annotations", "A timeline from a person's events.", "tools.timeline:timeline_from_annotations"),
    Tool("compute_measures", "Intervals, totals and fractions of a timeline.", "tools.measures:compute"),
    Tool("load_profile", "A guideline profile, by id or file.", "guidelines.profile:load"),
    Tool("evaluate_adherence", "Verdicts of a profile's rules on a timeline.", "guidelines.rules:evaluate"),
    Tool("withhold_findings", "A profile's findings when nothing may be concluded.", "guidelines.rules:withhold"),
    Tool("link_passages", "Passages for findings that have none.", "guidelines.store:link_passages"),
    Tool("write_case", "Write the case folder.", "tools.casefolder:write_case"),
    Tool("list_events", "The events of an activity, or all.", "tools.queries:list_events", for_chat=True),
    Tool("count_events", "How many events an activity has.", "tools.queries:count_events", for_chat=True),
    Tool("time_to_first", "When an activity first began.", "tools.queries:time_to_first", for_chat=True),
    Tool("total_time", "How long an activity lasted in all.", "tools.queries:total_time", for_chat=True),
    Tool("pauses", "The pauses of PPV.", "tools.queries:pauses", for_chat=True),
    Tool("findings", "Verdicts and their evidence.", "tools.queries:findings", for_chat=True),
    Tool("search_passages", "Guideline passages on a subject.", "tools.queries:search_passages", for_chat=True),
)

TOOLS: dict[str, Tool] = {tool.name: tool for tool in _ALL}
CHAT_TOOLS: tuple[Tool, ...] = tuple(tool for tool in _ALL if tool.for_chat)
