"""The report agent: a LangGraph graph from a video file to a case folder.

    probe ─┬─ detect ──────┬─ timeline ─┬─ measure ─ adhere ─┬─ retrieve ─┬─ plan ─ write ─ verify ─┬─ picture ─ render
           └─ (annotations)┘     ▲      └─ withhold ──────┊──┘            └─ plan (no LLM) ─────────┘
                                 │        out of domain   ┊                  write ◄── verify, at most twice
                                 └───────── look ◄────────┘ once, where a verdict hangs on a stretch

The state holds paths, ids and small JSON values, never frames or probabilities: those lie in the working folder. The graph
is checkpointed there in SQLite after every node, and detection adds a checkpoint of its own per stretch of video, so a run
that was killed goes on with `resume=True` where it stopped.
"""

import json
import os
import sqlite3
import time
from base64 import b64decode, b64encode
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from resus_doc import __version__
from resus_doc.agent import closer, tracing, writer
from resus_doc.agent.loaded import LoadedModels
from resus_doc.agent.request import Request, working_folder
from resus_doc.errors import LanguageModelBroken, ResourceMissing, UsageError
from resus_doc.guidelines import checked
from resus_doc.guidelines.logic import Known
from resus_doc.guidelines.profile import Profile
from resus_doc.models.decoder import read as read_decoder
from resus_doc.schema import (
    DomainCheck,
    Finding,
    Measure,
    NarrativeSection,
    Passage,
    Report,
    Span,
    Timeline,
    Video,
    Vitals,
)
from resus_doc.tools.case_lock import making_report
from resus_doc.tools.clock import clock
from resus_doc.tools.registry import TOOLS
from resus_doc.tools.stretches import lost
from resus_doc.tools.windows import Windows, joined

if TYPE_CHECKING:
    from resus_doc.models.llm import Engine

THUMBNAILS = "thumbnails.json"

NODES = (
    "probe",
    "detect",
    "timeline",
    "measure",
    "withhold",
    "adhere",
    "look",
    "retrieve",
    "plan",
    "write",
    "verify",
    "picture",
    "render",
)


class State(TypedDict, total=False):
    """What flows along the edges; JSON values only."""

    video: dict[str, Any]
    recordings: list[dict[str, Any]]
    paths: list[str]
    vitals: dict[str, Any] | None
    windows: list[str]
    closer: list[str]
    doubts: list[dict[str, Any]]
    closer_looks: list[dict[str, Any]]
    frames_decoded: int
    detector: dict[str, Any] | None
    timeline: dict[str, Any]
    withheld_events: list[dict[str, Any]]
    domain_check: dict[str, Any] | None
    measures: list[dict[str, Any]]
    ppv_pauses: list[dict[str, Any]]
    guideline: dict[str, Any]
    findings: list[dict[str, Any]]
    passages: list[dict[str, Any]]
    plan: list[dict[str, Any]]
    drafts: list[dict[str, Any]]
    round: int
    llm: dict[str, Any] | None
    notes: list[str]
    seconds: dict[str, float]
    case: str


def make_report(request: Request, models: LoadedModels | None = None) -> Report:
    """Write the case folder of one video and return its report.

    `models` are those of an earlier video, to be used again; they are left running. Without them a report loads its own.

    Raises:
        InputRefused: the video, the annotations or the vital signs cannot be used.
        ResourceMissing: a model, or a folder to write to, is missing or broken.
        UsageError: the case folder exists and `replace` is false, another run makes a report there, or there is no such
            guideline.
    """
    from resus_doc.tools import case_writer, casefolder

    if not request.goes_on():
        case_writer.check_place(request.out, replace=request.replace)
    with (
        making_report(request.out),
        working_folder(request) as work,
        closing(_open_checkpoints(work / "graph.sqlite")) as connection,
    ):
        runner = ReportGraph(request, models)
        try:
            runner.run(connection)
        except sqlite3.OperationalError as error:
            raise ResourceMissing(
                f"The working folder beside {request.out} cannot be written ({error}); the disk may be full.",
                "Free some space or choose another place with -o, then run the same command with --resume.",
            ) from error
        finally:
            runner.close()
        return casefolder.read_report(request.out)


def _open_checkpoints(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, check_same_thread=False)


class ReportGraph:
    """The graph of one request: its nodes, its edges, and the models they share."""

    def __init__(self, request: Request, models: LoadedModels | None = None) -> None:
        self.request = request
        self._models = models or LoadedModels()
        self._owns_models = models is None
        self._engine: Engine | None = None

    def run(self, connection: sqlite3.Connection) -> None:
        """Run the graph to its end, from its last checkpoint if there is one."""
        os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"
        tracing.switch_off()
        from langgraph.checkpoint.sqlite import SqliteSaver

        graph = self.build().compile(checkpointer=SqliteSaver(connection))
        config: Any = {"configurable": {"thread_id": "report"}}
        started = bool(graph.get_state(config).values)
        start: Any = None if started else {"seconds": {}, "notes": [], "round": 0}
        for _ in graph.stream(start, config, durability="sync"):
            pass

    def close(self) -> None:
        """End the language model's process, if this report started one."""
        self._engine = None
        if self._owns_models:
            self._models.close()

    def build(self) -> Any:
        """The graph, not yet compiled."""
        from langgraph.graph import END, START, StateGraph

        graph = StateGraph(State)
        for name in NODES:
            graph.add_node(name, self._timed(name))
        graph.add_edge(START, "probe")
        graph.add_conditional_edges("probe", self.after_probe, ["detect", "timeline"])
        graph.add_edge("detect", "timeline")
        graph.add_conditional_edges("timeline", self.after_timeline, ["measure", "withhold"])
        graph.add_edge("measure", "adhere")
        graph.add_conditional_edges("adhere", self.after_adhere, ["look", "retrieve"])
        graph.add_edge("look", "timeline")
        graph.add_edge("withhold", "retrieve")
        graph.add_edge("retrieve", "plan")
        graph.add_conditional_edges("plan", self.after_plan, ["write", "picture"])
        graph.add_edge("write", "verify")
        graph.add_conditional_edges("verify", self.after_verify, ["write", "picture"])
        graph.add_edge("picture", "render")
        graph.add_edge("render", END)
        return graph

    def _timed(self, name: str) -> Any:
        node: Callable[[State], State] = getattr(self, name)

        def run(state: State) -> State:
            self.request.progress(name, None)
            begun = time.monotonic()
            update = node(state)
            seconds = dict(state.get("seconds", {}))
            seconds[name] = round(seconds.get(name, 0.0) + time.monotonic() - begun, 3)
            return {**update, "seconds": seconds}

        return run

    # --- edges

    def after_probe(self, _state: State) -> Literal["detect", "timeline"]:
        """A person's annotations take the detector's place."""
        return "timeline" if self.request.annotations else "detect"

    def after_timeline(self, state: State) -> Literal["measure", "withhold"]:
        """Out of domain nothing is concluded from the events."""
        check = state["domain_check"]
        return "withhold" if check is not None and not check["in_domain"] else "measure"

    def after_adhere(self, state: State) -> Literal["look", "retrieve"]:
        """Stretches on which a verdict hangs are looked at again, once."""
        return "look" if state["doubts"] and "closer" not in state else "retrieve"

    def after_plan(self, _state: State) -> Literal["write", "picture"]:
        """Without a language model the template sentences stand."""
        return "picture" if self.request.settings.llm == "none" else "write"

    def after_verify(self, state: State) -> Literal["write", "picture"]:
        """Refused sentences are written again, at most twice."""
        refused = any(draft["problems"] for draft in state["drafts"])
        return "write" if refused and state["round"] <= writer.REWRITES else "picture"

    # --- nodes

    def probe(self, state: State) -> State:
        """What the files hold; one that cannot be used is refused before any long work, as is a wrong guideline or model."""
        self._profile()
        if self.request.llm_asked_for:
            self._models.check_engine(self.request.settings)
        videos = [TOOLS["probe_video"](path) for path in self.request.videos]
        if len(videos) == 1:
            video = videos[0]
            start: State = {"paths": [str(self.request.video)], "recordings": [], "notes": state["notes"]}
        else:
            placed = self._place(videos)
            video = TOOLS["video_of_recordings"](videos, placed.recordings)
            start = {
                "paths": [str(path) for path in placed.paths],
                "recordings": [recording.model_dump(mode="json") for recording in placed.recordings],
                "notes": [*state["notes"], TOOLS["tell_recordings"](placed.recordings, placed.source)],
            }
        found: State = {**start, "video": video.model_dump(mode="json"), "vitals": None, "windows": []}
        if self.request.vitals is None:
            return found
        vitals, notes = TOOLS["read_vitals"](
            self.request.vitals, video.duration_s, self.request.vitals_offset_s, self.request.birth_time_s
        )
        return {**found, "vitals": vitals.model_dump(mode="json"), "notes": [*found["notes"], *notes]}

    def _place(self, videos: list[Video]) -> Any:
        if self.request.annotations:
            raise UsageError(
                "--annotations belongs to one recording, and several are given.",
                "Give one recording, or leave --annotations out.",
            )
        return TOOLS["place_recordings"](self.request.videos, videos, self.request.offsets_s)

    def detect(self, state: State) -> State:
        """Look at every recording; the checkpoint of each lies in a folder of its own."""
        detector = self._models.detector(self.request.settings)
        found: list[Windows] = []
        opened = self._models.take_opened()
        for number, path in enumerate(state["paths"]):
            found.append(
                TOOLS["detect_activities"](
                    Path(path),
                    detector,
                    self.request.work / f"detect{number or ''}",
                    resume=self.request.resume,
                    progress=self._share(number, len(state["paths"])),
                    opened=None if number else opened,
                )
            )
        self._models.open_following(detector)
        files = [self.request.work / f"windows{number or ''}.npz" for number in range(len(found))]
        for file, windows in zip(files, found, strict=True):
            windows.save(file)
        return {
            "windows": [str(file) for file in files],
            "frames_decoded": sum(windows.frames_decoded for windows in found),
            "detector": detector.provenance(),
            **_cut_short(state, found),
        }

    def _share(self, number: int, of: int) -> Callable[[float], None]:
        return lambda fraction: self.request.progress("detect", (number + fraction) / of)

    def timeline(self, state: State) -> State:
        birth = {"birth_time_s": self.request.birth_time_s, "birth_uncertainty_s": self.request.birth_uncertainty_s}
        duration_s = state["video"]["duration_s"]
        if self.request.annotations:
            events = TOOLS["read_annotations"](self.request.annotations, duration_s)
            timeline = TOOLS["timeline_of_annotations"](events, duration_s, **birth)
            return {"timeline": timeline.model_dump(mode="json"), "domain_check": None}
        detector = state["detector"] or {}
        windows = self._windows(state)
        again: list[Windows | None] = [Windows.load(Path(path)) for path in state.get("closer", [])]
        decoder = read_decoder(self.request.settings.detector)
        parts = [
            TOOLS["timeline_of_windows"](
                seen,
                detector["thresholds"],
                length_s,
                **(birth if len(windows) == 1 else {}),
                decoder=decoder,
                closer=finer,
            )
            for seen, length_s, finer in zip(windows, _lengths_s(state), again or [None] * len(windows), strict=True)
        ]
        timeline = parts[0] if len(parts) == 1 else TOOLS["join_timelines"](parts, _starts_s(state), **birth)
        check = _domain_check(joined(windows, _starts_s(state)).domain_score, detector)
        return {
            "timeline": timeline.model_dump(mode="json"),
            "domain_check": None if check is None else check.model_dump(mode="json"),
        }

    def _windows(self, state: State) -> list[Windows]:
        return [Windows.load(Path(path)) for path in state["windows"]]

    def measure(self, state: State) -> State:
        timeline = Timeline.model_validate(state["timeline"])
        return {
            "measures": [measure.model_dump(mode="json") for measure in TOOLS["compute_measures"](timeline)],
            "ppv_pauses": [pause.model_dump(mode="json") for pause in TOOLS["describe_pauses"](timeline)],
            "withheld_events": [],
        }

    def withhold(self, state: State) -> State:
        """The candidates are kept apart; every finding becomes not assessable."""
        timeline = Timeline.model_validate(state["timeline"])
        profile, _ = self._profile()
        reason = "The video is unlike the detector's training data, so what it found is withheld."
        adherence = TOOLS["withhold_findings"](profile, reason)
        return {
            "withheld_events": [event.model_dump(mode="json") for event in timeline.events],
            "timeline": timeline.model_copy(update={"events": (), "observed": ()}).model_dump(mode="json"),
            "measures": [],
            "guideline": profile.ref.model_dump(mode="json"),
            "findings": [finding.model_dump(mode="json") for finding in adherence.findings],
            "passages": [passage.model_dump(mode="json") for passage in adherence.passages],
        }

    def adhere(self, state: State) -> State:
        profile, _ = self._profile()
        timeline = Timeline.model_validate(state["timeline"])
        measures = tuple(Measure.model_validate(measure) for measure in state["measures"])
        adherence = self._judge(state, timeline, measures)
        return {
            "guideline": profile.ref.model_dump(mode="json"),
            "findings": [finding.model_dump(mode="json") for finding in adherence.findings],
            "passages": [passage.model_dump(mode="json") for passage in adherence.passages],
            **self._second_thoughts(state, timeline, adherence.findings),
        }

    def look(self, state: State) -> State:
        """Examine again, at the finest stride, what a verdict hangs on."""
        doubts = [_doubt(doubt) for doubt in state["doubts"]]
        detector = self._models.detector(self.request.settings)
        stretches = closer.stretches(doubts)
        files, decoded = [], state["frames_decoded"]
        for number, (path, start_s, length_s) in enumerate(
            zip(state["paths"], _starts_s(state), _lengths_s(state), strict=True)
        ):
            own = closer.within(stretches, start_s, length_s)
            windows = TOOLS["look_closer"](Path(path), detector, own)
            files.append(self.request.work / f"closer{number or ''}.npz")
            windows.save(files[-1])
            decoded += windows.frames_decoded
        return {"closer": [str(file) for file in files], "frames_decoded": decoded}

    def retrieve(self, state: State) -> State:
        """For each finding whose rule names no passage, the nearest one that the guideline has, from Chroma."""
        findings = [Finding.model_validate(finding) for finding in state["findings"]]
        passages = [Passage.model_validate(passage) for passage in state["passages"]]
        linked = TOOLS["link_passages"](findings, passages, self.request.settings.data)
        return {
            "findings": [finding.model_dump(mode="json") for finding in linked.findings],
            "passages": [passage.model_dump(mode="json") for passage in linked.passages],
        }

    def plan(self, state: State) -> State:
        return {"plan": writer.plan(self._report(state, narrative=()))}

    def write(self, state: State) -> State:
        """Draft the sentences that have none yet or were refused."""
        try:
            engine = self._open_engine()
        except LanguageModelBroken as error:
            if self.request.llm_asked_for:
                raise
            return {
                "drafts": writer.undrafted(state["plan"]),
                "round": writer.REWRITES + 1,
                "notes": [*state["notes"], str(error)],
            }
        drafts = writer.draft(
            state["plan"],
            engine,
            earlier=state.get("drafts"),
            seed=self.request.settings.seed,
            progress=lambda fraction: self.request.progress("write", fraction),
        )
        return {"drafts": drafts, "round": state["round"] + 1, "llm": asdict(engine.info)}

    def verify(self, state: State) -> State:
        return {"drafts": writer.verify(state["plan"], state["drafts"])}

    def picture(self, state: State) -> State:
        """Small pictures for the page and, where asked for, films: as files in the working folder."""
        wanted, report, work = self.request.settings, self._report(state, narrative=()), self.request.work
        if wanted.thumbnails:
            taken = TOOLS["take_thumbnails"](report, [Path(each) for each in state["paths"]])
            coded = {event: b64encode(content).decode() for event, content in taken.items()}
            (work / THUMBNAILS).write_text(json.dumps(coded))
        if wanted.clips and state["recordings"]:
            return {"notes": [*state["notes"], "Clips are not cut from a case of several recordings."]}
        if wanted.clips:
            TOOLS["cut_clips"](
                report, self.request.video, work / "clips", progress=lambda done: self.request.progress("picture", done)
            )
        return {}

    def render(self, state: State) -> State:
        narrative = writer.assemble(state["plan"], state.get("drafts"))
        report = self._report(state, narrative)
        windows = self._windows(state)
        work = self.request.work
        TOOLS["write_case"](
            report,
            joined(windows, _starts_s(state)) if windows else None,
            self.request.out,
            replace=self.request.replace,
            video=self.request.video if not state["recordings"] else None,
            recordings=[Path(each) for each in state["paths"]] if state["recordings"] else (),
            confidentiality=self.request.settings.confidentiality,
            thumbnails=_thumbnails(work / THUMBNAILS),
            clips=work / "clips",
        )
        return {"case": str(self.request.out)}

    # --- what the nodes share

    def _judge(self, state: State, timeline: Timeline, measures: tuple[Measure, ...]) -> Any:
        """The findings of a timeline and the passages they cite."""
        profile, _ = self._profile()
        vitals = Vitals.model_validate(state["vitals"]) if state["vitals"] else None
        known = Known(gestation_weeks=self.request.gestation_weeks, vitals=vitals)
        return TOOLS["evaluate_adherence"](profile, timeline, measures, known=known)

    def _second_thoughts(self, state: State, timeline: Timeline, findings: tuple[Finding, ...]) -> State:
        """Before a closer look, what to look at; after it, what came of it."""
        if "closer" in state:
            after = {finding.rule_id: finding.verdict for finding in findings}
            looks = [{**doubt, "after": after.get(doubt["rule_id"], doubt["before"])} for doubt in state["doubts"]]
            return {"closer_looks": looks}
        if not state["windows"] or read_decoder(self.request.settings.detector) is None:
            return {"doubts": []}
        before = {finding.rule_id: finding.verdict for finding in findings}
        found = closer.doubts(
            timeline, findings, lambda changed: self._judge(state, changed, TOOLS["compute_measures"](changed)).findings
        )
        return {
            "doubts": [
                {
                    "start_s": doubt.span.start_s,
                    "end_s": doubt.span.end_s,
                    "rule_id": doubt.rule_id,
                    "reason": doubt.reason,
                    "before": before[doubt.rule_id],
                }
                for doubt in found
            ]
        }

    def _profile(self) -> tuple[Profile, dict[str, str]]:
        """The guideline, with the rules marked that a person checked here, and who did."""
        return checked.apply(TOOLS["load_profile"](self.request.settings.guideline), self.request.settings.data)

    def _open_engine(self) -> "Engine":
        if self._engine is None:
            self._engine = self._models.engine(self.request.settings)
            self._engine.reset()
        return self._engine

    def _report(self, state: State, narrative: tuple[NarrativeSection, ...]) -> Report:
        timeline = Timeline.model_validate(state["timeline"])
        video = Video.model_validate(state["video"])
        return Report.model_validate(
            {
                "case_id": self.request.case_id or f"case-{video.sha256[:8]}",
                "video": video,
                "recordings": state["recordings"],
                "time_zero": timeline.time_zero,
                "activities_covered": timeline.covered,
                "observed_s": timeline.observed_s,
                "observed": timeline.observed,
                "domain_check": state["domain_check"],
                "events": timeline.events,
                "withheld_events": state["withheld_events"],
                "measures": state["measures"],
                "guideline": state["guideline"],
                "findings": state["findings"],
                "passages": state["passages"],
                "narrative": narrative,
                "vitals": state["vitals"],
                "ppv_pauses": state.get("ppv_pauses", []),
                "closer_looks": state.get("closer_looks", []),
                "provenance": self._provenance(state),
            }
        )

    def _provenance(self, state: State) -> dict[str, Any]:
        return {
            "resus_doc": __version__,
            "detector": state.get("detector"),
            "frames_decoded": state.get("frames_decoded", 0),
            "language_model": state.get("llm"),
            "settings": {
                "guideline": self.request.settings.guideline,
                "birth_time_s": self.request.birth_time_s,
                "birth_uncertainty_s": self.request.birth_uncertainty_s,
                "gestation_weeks": self.request.gestation_weeks,
                "vitals_offset_s": self.request.vitals_offset_s,
                "seed": self.request.settings.seed,
            },
            "rules_checked_by": self._profile()[1],
            "notes": state["notes"],
            "seconds": state["seconds"],
            "versions": {name: version(name) for name in ("av", "torch", "transformers", "langgraph", "chromadb")},
        }


def _thumbnails(path: Path) -> dict[str, bytes]:
    """The JPEG pictures that were taken, by the id of their event; none where none were wanted."""
    if not path.exists():
        return {}
    return {event: b64decode(coded) for event, coded in json.loads(path.read_text()).items()}


def _domain_check(score: float | None, detector: dict[str, Any]) -> DomainCheck | None:
    domain = detector["domain"]
    if score is None or domain is None:
        return None
    return DomainCheck(
        in_domain=score >= domain["threshold"],
        score=score,
        threshold=domain["threshold"],
        validated_on=detector["validated_on"],
        validated_from=domain["figures"].get("validation_lowest"),
    )


def _starts_s(state: State) -> list[float]:
    """Where each recording starts on the case's clock."""
    return [recording["start_s"] for recording in state["recordings"]] or [0.0]


def _lengths_s(state: State) -> list[float]:
    return [recording["duration_s"] for recording in state["recordings"]] or [state["video"]["duration_s"]]


def _cut_short(state: State, found: list[Windows]) -> State:
    """What the files hold, now that all of their pictures were read: one that breaks off ends there."""
    missing = lost(joined(found, _starts_s(state)).unreadable)
    unobserved = [[round(t_s, 3) for t_s in span] for span in missing]
    video = {**state["video"], "grid_fps": found[0].grid_fps, "lost": unobserved}
    if len(found) == 1:
        at_s = found[0].broken_off_at_s
        if at_s is not None:
            video |= {"broken_off_at_s": at_s, "duration_s": min(video["duration_s"], at_s) or at_s}
        return {"video": video}
    recordings, notes = [], [*state["notes"]]
    for recording, windows in zip(state["recordings"], found, strict=True):
        at_s = windows.broken_off_at_s
        if at_s is not None:
            notes.append(f"{recording['name']} is damaged and unreadable from {clock(at_s)} of it on.")
        recordings.append({**recording, "duration_s": recording["duration_s"] if at_s is None else at_s})
    video["duration_s"] = round(max(each["start_s"] + each["duration_s"] for each in recordings), 3)
    return {"video": video, "recordings": recordings, "notes": notes}


def _doubt(stored: dict[str, Any]) -> closer.Doubt:
    return closer.Doubt(Span(stored["start_s"], stored["end_s"]), stored["rule_id"], stored["reason"])
