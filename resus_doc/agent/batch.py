"""Many videos: the case of each, a ledger that says what is done, and one page that tells how the unit is doing.

    inputs -> plan (ledger, case folders) -> worker processes -> ledger -> summary.csv, events.csv, summary.json, index.html

Only this process writes the ledger and the tables; the workers write case folders, each whole or not at all. A run that was
broken off at any point is finished by running the same command again.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from resus_doc.agent.batch_plan import TO_DO, Decision, Planner
from resus_doc.agent.batch_video import Result, Task
from resus_doc.agent.batch_workers import Died, Finished, Message, Pool, ProcessPool, Progressed, shares
from resus_doc.agent.pace import Pace
from resus_doc.errors import InputRefused, ResourceMissing
from resus_doc.settings import Settings
from resus_doc.tools import case_writer
from resus_doc.tools.batch_inputs import GivenVideo, find_videos
from resus_doc.tools.dashboard import Progress, write_dashboard
from resus_doc.tools.ledger import Ledger, copy_of_ledger, open_ledger

MOST_DEATHS = 2
"""A video whose worker died is tried once more; it may have been the neighbour that took the memory."""

MOST_LOSSES = 5
"""So often a video is sent to another machine because the one that had it was lost."""

MOST_BLOCKED = 3
"""After so many videos in a row that failed because something is missing here, the next would fail as well."""

DETECT_SHARE = 0.95
"""How much of a video's time looking for activities takes; the rest is too short to be told apart."""

REFRESH_S, REFRESH_SHARE = 60.0, 0.05
"""While a batch is at work its page is made anew this often, but never for more than this share of the time."""

_WAIT_S = 1.0


class Outcome(NamedTuple):
    """How many videos were debriefed, skipped (done before, or a copy of another), left as a person revised them, and failed."""

    done: int
    skipped: int
    kept: int
    failed: int

    @property
    def summary(self) -> str:
        kept = f"{self.kept} kept as a person revised them, " if self.kept else ""
        return f"{self.done} debriefed, {self.skipped} done before or copies of others, {kept}{self.failed} failed"


class Running(NamedTuple):
    """A video that is being worked on; seconds left where that can be said."""

    name: str
    step: str
    fraction: float
    left_s: float | None


class Standing(NamedTuple):
    """How far a batch is; `left_s` for all that is still to do."""

    ended: int
    total: int
    left_s: float | None
    running: tuple[Running, ...]


@dataclass(frozen=True)
class Wishes:
    """What the user may ask of a batch besides its inputs."""

    workers: int | None = None
    """None: one for each GPU, else one for each processor that the memory allows."""
    rehash: bool = False
    """Read all files anew instead of trusting hashes of files that lie there unchanged."""
    retry_failed: bool = False
    llm_asked_for: bool = False
    ray: str | None = None
    """Address of a Ray cluster whose machines do the work; None: this machine does."""


def run_batch(
    inputs: Sequence[Path],
    out: Path,
    settings: Settings,
    say: Callable[[str], None],
    *,
    wishes: Wishes = Wishes(),
    progress: Callable[[Standing], None] = lambda _standing: None,
    pool: Callable[[int], Pool] | None = None,
) -> Outcome:
    """Debrief every video of the inputs into `out/<case id>`.

    Args:
        inputs: files, folders, patterns and manifests.
        out: the batch's folder: case folders, ledger, tables and dashboard.
        say: gets one line per video that was done, failed or needs a word.
        progress: told how far the batch is, about once a second.
        pool: makes the place where a number of tasks is worked on; processes on this machine by default.

    Raises:
        InputRefused: the inputs hold no video, or a manifest cannot be understood.
        UsageError: another batch is at work in this folder.
        ResourceMissing: the folder cannot be written to, or something is missing that every video needs.
    """
    videos = find_videos(inputs, out)
    with open_ledger(out) as ledger:
        planner = Planner(ledger, out, settings, rehash=wishes.rehash, retry_failed=wishes.retry_failed)
        workers = pool or _place(wishes, settings)
        page = _Page(out, ledger, len(videos), say)
        run = _Run(videos, planner, ledger, say, progress, page, wishes.llm_asked_for)
        try:
            run.work(workers(len(videos)))
        finally:
            run.close()
        write_dashboard(out, ledger.rows())
    return run.outcome


def _place(wishes: Wishes, settings: Settings) -> Callable[[int], Pool]:
    """Where the work is done, for a number of videos."""
    if wishes.ray is None:
        return lambda count: ProcessPool(shares(wishes.workers, count, settings.device))
    from resus_doc.agent.batch_cluster import RayPool

    address = wishes.ray
    return lambda count: RayPool(address, settings, wishes.workers, count)


def rebuild_dashboard(out: Path) -> None:
    """Tables and dashboard anew from the case folders.

    Raises:
        InputRefused: there is no such folder.
        UsageError: a batch is at work in it.
        ResourceMissing: it cannot be written to.
    """
    if not out.is_dir():
        raise InputRefused(f"There is no folder {out}.", "Name the folder of a batch with -o.")
    with open_ledger(out) as ledger:
        write_dashboard(out, ledger.rows())


def preview(inputs: Sequence[Path], out: Path, settings: Settings, wishes: Wishes) -> Iterator[Decision]:
    """What `run_batch` would do with each video; nothing is written.

    Raises:
        InputRefused: as `run_batch`.
    """
    with copy_of_ledger(out) as ledger:
        planner = Planner(ledger, out, settings, rehash=wishes.rehash, retry_failed=wishes.retry_failed)
        for position, given in enumerate(find_videos(inputs, out)):
            yield planner.decide(given, position)


class _Page:
    """The dashboard of a batch that is at work, made anew now and then after a video has ended."""

    def __init__(self, out: Path, ledger: Ledger, total: int, say: Callable[[str], None]) -> None:
        self._out, self._ledger, self._total, self._say = out, ledger, total, say
        self._ended = 0
        self._next_s = time.monotonic()

    def refresh(self, ended: int) -> None:
        """If it is time and there is something new; a page that cannot be written now is told, and the work goes on."""
        begun = time.monotonic()
        if ended == self._ended or begun < self._next_s:
            return
        rows = [
            row._replace(reason="Being worked on.") if row.state == "running" else row for row in self._ledger.rows()
        ]
        try:
            write_dashboard(self._out, rows, Progress(ended, self._total))
        except ResourceMissing as error:
            self._say(f"The page is not up to date: {error}")
        self._ended = ended
        took_s = time.monotonic() - begun
        self._next_s = begun + took_s + max(REFRESH_S, took_s / REFRESH_SHARE)


class _Run:
    """One run of a batch: hands out tasks as workers become free, and writes down what comes back."""

    def __init__(
        self,
        videos: Sequence[GivenVideo],
        planner: Planner,
        ledger: Ledger,
        say: Callable[[str], None],
        progress: Callable[[Standing], None],
        page: _Page,
        llm_asked_for: bool,
    ) -> None:
        self._places = {given.video: place for place, given in enumerate(videos)}
        self._videos, self._planner, self._ledger = videos, planner, ledger
        self._say, self._progress, self._page = say, progress, page
        self._llm_asked_for = llm_asked_for
        self._counts: Counter[str] = Counter()
        self._deaths: Counter[Path] = Counter()
        self._losses: Counter[Path] = Counter()
        self._blocked_in_a_row = 0
        self._decisions: dict[Path, Decision] = {}
        self._steps: dict[Path, str] = {}
        self._pace = Pace({str(given.video): _size(given.video) for given in videos})
        self._pool: Pool | None = None

    @property
    def outcome(self) -> Outcome:
        counts = self._counts
        return Outcome(counts["done"], counts["skipped"], counts["kept"], counts["failed"])

    def close(self) -> None:
        if self._pool is not None:
            self._pool.close()

    def work(self, pool: Pool) -> None:
        """Until every video has ended."""
        self._pool = pool
        upcoming = self._tasks()
        ready = next(upcoming, None)
        while ready is not None or pool.busy:
            while ready is not None and pool.idle:
                self._submit(ready)
                ready = next(upcoming, None)
            for message in pool.wait(_WAIT_S):
                self._hear(message)
            self._progress(self._standing())
            self._page.refresh(sum(self._counts.values()))

    def _tasks(self) -> Iterator[Task]:
        """The videos that need work, decided one ahead of the workers; the others are told and counted on the way."""
        for position, given in enumerate(self._videos):
            decision = self._planner.decide(given, position)
            if decision.note:
                self._say(f"{given.video.name} {decision.note}")
            if decision.task is None:
                self._pace.leave_out(str(given.video))
                self._settle(decision)
                continue
            self._decisions[given.video] = decision
            options = {**decision.task.options, "llm_asked_for": self._llm_asked_for}
            yield replace(decision.task, options=options)

    def _settle(self, decision: Decision) -> None:
        """A video that needs no work, or cannot have any."""
        self._put(decision)
        name, reason = decision.video.name, decision.row.reason
        if decision.choice == "failed":
            self._say(f"Skipped {name} because: {reason}")
        elif decision.choice == "failed before":
            self._say(f"Skipped {name} because it failed before: {reason} Try it again with --retry-failed.")
        elif decision.choice in ("kept", "duplicate"):
            self._say(f"{name}: {reason}")
        kinds = {"failed": "failed", "failed before": "failed", "kept": "kept"}
        self._counts[kinds.get(decision.choice, "skipped")] += 1

    def _submit(self, task: Task) -> None:
        assert self._pool is not None
        # Of a batch or worker that was killed: none but this batch works on its places.
        case_writer.clear_unfinished(task.out)
        row = self._decisions[task.video].row
        row = row._replace(attempts=row.attempts + 1)
        self._decisions[task.video] = replace(self._decisions[task.video], row=row)
        self._put(self._decisions[task.video])
        self._steps[task.video] = "start"
        self._pace.start(str(task.video), time.monotonic())
        self._pool.submit(replace(task, following=self._after(task, self._pool.size)))

    def _after(self, task: Task, workers: int) -> Path | None:
        """The video that comes to the same worker next if all take turns: a guess, by which nothing but time is won or lost."""
        place = self._places[task.video] + workers
        upcoming = self._videos[place] if place < len(self._videos) else None
        return None if upcoming is None or upcoming.annotations else upcoming.video

    def _put(self, decision: Decision) -> None:
        if decision.earlier:
            self._ledger.note_earlier(decision.earlier, decision.row.place)
        self._ledger.put(decision.row)

    def _hear(self, message: Message) -> None:
        if isinstance(message, Progressed):
            self._steps[message.task.video] = message.step
            if message.step == "detect" and message.fraction is not None:
                self._pace.advance(str(message.task.video), DETECT_SHARE * message.fraction)
            return
        self._steps.pop(message.task.video)
        self._pace.finish(str(message.task.video))
        if isinstance(message, Finished):
            self._finish(message.task, message.result)
        else:
            self._bury(message)

    def _bury(self, death: Died) -> None:
        name, counted, most = death.task.video.name, self._deaths, MOST_DEATHS
        if death.lost:
            counted, most = self._losses, MOST_LOSSES
        counted[death.task.video] += 1
        if counted[death.task.video] < most:
            again = "goes to another machine" if death.lost else "is tried once more"
            self._say(f"The process that worked on {name} {death.how}; the video {again}.")
            self._submit(replace(death.task, resume=True))
            return
        case_writer.clear_unfinished(death.task.out)
        times = "twice" if most == MOST_DEATHS else f"{most} times"
        reason = f"The process that worked on it died {times}; the last one {death.how}."
        self._finish(death.task, Result("failed", reason, 0.0))

    def _finish(self, task: Task, result: Result) -> None:
        row = self._decisions[task.video].row
        self._ledger.put(row._replace(state=result.state, reason=result.reason, seconds=round(result.seconds, 3)))
        if result.state == "done":
            self._counts["done"] += 1
            self._blocked_in_a_row = 0
            self._say(f"{task.video.name} -> {task.case_id}")
            return
        self._counts["failed"] += 1
        self._say(f"Skipped {task.video.name} because: {result.reason}")
        self._blocked_in_a_row = self._blocked_in_a_row + 1 if result.state == "blocked" else 0
        if self._blocked_in_a_row >= MOST_BLOCKED:
            raise ResourceMissing(
                f"The batch stopped after {MOST_BLOCKED} videos in a row failed alike: {result.reason}",
                "Then run the same command again; what is done stays done.",
            )

    def _standing(self) -> Standing:
        now_s = time.monotonic()
        running = tuple(
            Running(path.name, step, self._pace.fraction(str(path)), self._pace.left_of_s(str(path), now_s))
            for path, step in self._steps.items()
        )
        return Standing(sum(self._counts.values()), len(self._videos), self._pace.left_s(now_s), running)


def is_to_do(decision: Decision) -> bool:
    """Whether the video would be worked on."""
    return decision.choice in TO_DO


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
