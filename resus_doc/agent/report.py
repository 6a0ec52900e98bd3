"""The report agent: a LangGraph graph from a video file to a case folder.

    probe ─┬─ detect ──────┬─ timeline ─┬─ measure ─ adhere ─┬─ retrieve ─┬─ plan ─ write ─ verify ─┬─ render
           └─ (annotations)┘            └─ withhold ─────────┘            └─ plan (no LLM) ─────────┘
                                          out of domain                      write ◄── verify, at most twice

The state holds paths, ids and small JSON values, never frames or probabilities: those lie in the working folder. The graph
is checkpointed there in SQLite after every node, and detection adds a checkpoint of its own per stretch of video, so a run
that was killed goes on with `resume=True` where it stopped.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from resus_doc import __version__
from resus_doc.agent import writer
from resus_doc.agent.loaded import LoadedModels
from resus_doc.errors import InputRefused, LanguageModelBroken, ResourceMissing, UsageError
from resus_doc.guidelines import checked
from resus_doc.guidelines.logic import Known
from resus_doc.guidelines.profile import Profile
from resus_doc.schema import DomainCheck, Finding, Measure, NarrativeSection, Passage, Report, Timeline, Video, Vitals
from resus_doc.settings import Settings
from resus_doc.tools.registry import TOOLS
from resus_doc.tools.windows import Windows

if TYPE_CHECKING:
    from resus_doc.models.llm import Engine

REWRITES = 2
"""How often a refused sentence is written again before its template stands (the design's limit)."""

NODES = (
    "probe",
    "detect",
    "timeline",
    "measure",
    "withhold",
    "adhere",
    "retrieve",
    "plan",
    "write",
    "verify",
    "render",
)


@dataclass(frozen=True)
class Request:
    """What the user asked for. Times in seconds from the start of the video; `birth_time_s` may be negative."""

    video: Path
    out: Path
    settings: Settings
    case_id: str | None = None
    birth_time_s: float | None = None
    birth_uncertainty_s: float = 0.0
    gestation_weeks: float | None = None
    annotations: Path | None = None
    vitals: Path | None = None
    vitals_offset_s: float = 0.0
    """Added to the times of the vitals file to reach the video's clock."""
    llm_asked_for: bool = False
    resume: bool = False
    replace: bool = False
    progress: Callable[[str, float | None], None] = field(default=lambda _step, _fraction: None)
    """Called with the step's name and its finished fraction (None at the start of a step without one)."""

    @property
    def work(self) -> Path:
        """The working folder, beside the case folder so that both lie on one disk."""
        return self.out.parent / f".{self.out.name}.work"

    def key(self) -> str:
        """A hash of what the run depends on but the video's content: a resumed run must have the same."""
        parts: list[Any] = [str(self.video.resolve()), self.case_id, self.birth_time_s, self.birth_uncertainty_s]
        parts += [self.gestation_weeks, str(self.annotations), self.vitals_offset_s, _fingerprint(self.vitals)]
        parts += [self.settings.model_dump(mode="json"), __version__]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def goes_on(self) -> bool:
        """Whether an unfinished run of this very request lies in the working folder and is to be resumed."""
        key_file = self.work / "request.key"
        return self.resume and key_file.exists() and key_file.read_text() == self.key()


def _fingerprint(path: Path | None) -> str | None:
    """A file's place and content; a file that cannot be read is told when it is needed."""
    if path is None:
        return None
    content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
    return f"{path.resolve()} {content}"


class State(TypedDict, total=False):
    """What flows along the edges; JSON values only."""

    video: dict[str, Any]
    vitals: dict[str, Any] | None
    windows: str | None
    frames_decoded: int
    detector: dict[str, Any] | None
    timeline: dict[str, Any]
    withheld_events: list[dict[str, Any]]
    domain_check: dict[str, Any] | None
    measures: list[dict[str, Any]]
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
        UsageError: the case folder exists and `replace` is false.
    """
    from resus_doc.tools import casefolder

    if not request.goes_on():
        casefolder.check_place(request.out, replace=request.replace)
    with _working_folder(request) as work, closing(_open_checkpoints(work / "graph.sqlite")) as connection:
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


@contextmanager
def _working_folder(request: Request) -> Iterator[Path]:
    """The working folder of this run; it stays when a run breaks off, so that it can be resumed, but not when its input was refused."""
    work = request.work
    try:
        if work.exists() and not request.goes_on():
            shutil.rmtree(work)
        work.mkdir(parents=True, exist_ok=True)
        (work / "request.key").write_text(request.key())
    except OSError as error:
        raise ResourceMissing(
            f"The folder {request.out.parent} cannot be written to ({error.strerror}).",
            "Choose another place with -o, or free some space.",
        ) from error
    try:
        yield work
    except (InputRefused, UsageError):
        shutil.rmtree(work)
        raise
    shutil.rmtree(work)


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
        os.environ["LANGSMITH_TRACING"] = "false"
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
        graph.add_edge("adhere", "retrieve")
        graph.add_edge("withhold", "retrieve")
        graph.add_edge("retrieve", "plan")
        graph.add_conditional_edges("plan", self.after_plan, ["write", "render"])
        graph.add_edge("write", "verify")
        graph.add_conditional_edges("verify", self.after_verify, ["write", "render"])
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

    def after_plan(self, _state: State) -> Literal["write", "render"]:
        """Without a language model the template sentences stand."""
        return "render" if self.request.settings.llm == "none" else "write"

    def after_verify(self, state: State) -> Literal["write", "render"]:
        """Refused sentences are written again, at most twice."""
        refused = any(draft["problems"] for draft in state["drafts"])
        return "write" if refused and state["round"] <= REWRITES else "render"

    # --- nodes

    def probe(self, state: State) -> State:
        """What the files hold, so that one that cannot be used is refused before any long work."""
        video = TOOLS["probe_video"](self.request.video)
        found: State = {"video": video.model_dump(mode="json"), "vitals": None}
        if self.request.vitals is None:
            return found
        vitals, notes = TOOLS["read_vitals"](
            self.request.vitals, video.duration_s, self.request.vitals_offset_s, self.request.birth_time_s
        )
        return {**found, "vitals": vitals.model_dump(mode="json"), "notes": [*state["notes"], *notes]}

    def detect(self, state: State) -> State:
        detector = self._models.detector(self.request.settings)
        windows = TOOLS["detect_activities"](
            self.request.video,
            detector,
            self.request.work / "detect",
            resume=self.request.resume,
            progress=lambda fraction: self.request.progress("detect", fraction),
        )
        path = self.request.work / "windows.npz"
        windows.save(path)
        video = {**state["video"], "grid_fps": windows.grid_fps}
        if windows.broken_off_at_s is not None:
            video["broken_off_at_s"] = windows.broken_off_at_s
            video["duration_s"] = min(video["duration_s"], windows.broken_off_at_s) or windows.broken_off_at_s
        return {
            "windows": str(path),
            "frames_decoded": windows.frames_decoded,
            "video": video,
            "detector": detector.provenance(),
        }

    def timeline(self, state: State) -> State:
        birth = {"birth_time_s": self.request.birth_time_s, "birth_uncertainty_s": self.request.birth_uncertainty_s}
        duration_s = state["video"]["duration_s"]
        if self.request.annotations:
            events = TOOLS["read_annotations"](self.request.annotations, duration_s)
            timeline = TOOLS["timeline_of_annotations"](events, duration_s, **birth)
            return {"timeline": timeline.model_dump(mode="json"), "domain_check": None}
        windows = Windows.load(Path(str(state["windows"])))
        detector = state["detector"] or {}
        timeline = TOOLS["timeline_of_windows"](windows, detector["thresholds"], duration_s, **birth)
        check = _domain_check(windows.domain_score, detector)
        return {
            "timeline": timeline.model_dump(mode="json"),
            "domain_check": None if check is None else check.model_dump(mode="json"),
        }

    def measure(self, state: State) -> State:
        measures = TOOLS["compute_measures"](Timeline.model_validate(state["timeline"]))
        return {"measures": [measure.model_dump(mode="json") for measure in measures], "withheld_events": []}

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
        measures = tuple(Measure.model_validate(measure) for measure in state["measures"])
        vitals = Vitals.model_validate(state["vitals"]) if state["vitals"] else None
        known = Known(gestation_weeks=self.request.gestation_weeks, vitals=vitals)
        timeline = Timeline.model_validate(state["timeline"])
        adherence = TOOLS["evaluate_adherence"](profile, timeline, measures, known=known)
        return {
            "guideline": profile.ref.model_dump(mode="json"),
            "findings": [finding.model_dump(mode="json") for finding in adherence.findings],
            "passages": [passage.model_dump(mode="json") for passage in adherence.passages],
        }

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
                "round": REWRITES + 1,
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

    def render(self, state: State) -> State:
        narrative = writer.assemble(state["plan"], state.get("drafts"))
        report = self._report(state, narrative)
        windows = state.get("windows")
        TOOLS["write_case"](
            report,
            Windows.load(Path(windows)) if windows else None,
            self.request.out,
            replace=self.request.replace,
            video=self.request.video,
            confidentiality=self.request.settings.confidentiality,
        )
        return {"case": str(self.request.out)}

    # --- what the nodes share

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


def _domain_check(score: float | None, detector: dict[str, Any]) -> DomainCheck | None:
    threshold = detector["domain_threshold"]
    if score is None or threshold is None:
        return None
    return DomainCheck(
        in_domain=score >= threshold, score=score, threshold=threshold, validated_on=detector["validated_on"]
    )
