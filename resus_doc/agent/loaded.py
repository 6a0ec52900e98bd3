"""Models that stay loaded from one video to the next. The order of the videos changes nothing in their reports."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from resus_doc.settings import Settings

if TYPE_CHECKING:
    from resus_doc.models.detector import Detector
    from resus_doc.models.llm import Engine
    from resus_doc.tools.detect import Opened


class LoadedModels:
    """One detector and one language model, each loaded at its first use and again only when another one is asked for."""

    def __init__(self) -> None:
        self._detector: tuple[tuple[Path, str], Detector] | None = None
        self._engine: tuple[str, Engine] | None = None
        self.following: Path | None = None
        """The video that is likely to come next."""
        self._opened: Opened | None = None

    def detector(self, settings: Settings) -> "Detector":
        """The detector of these settings, ready to use.

        Raises:
            BundleBroken: it does not load exactly as it was saved.
            ResourceMissing: the device is not there.
        """
        from resus_doc.models.detector import Detector

        wanted = (settings.detector, settings.device)
        if self._detector is None or self._detector[0] != wanted:
            self._detector = None
            self._detector = (wanted, Detector.load(settings.detector, device=settings.device))
        return self._detector[1]

    def open_following(self, detector: "Detector") -> None:
        """Begin to read the next video while the present one is written up, where a GPU leaves the processor time for it."""
        from resus_doc.tools.detect import open_ahead, reads_ahead

        if self.following is None or not reads_ahead(detector):
            return
        with suppress(OSError):  # it is gone, which is told when its turn comes
            self._opened = open_ahead(self.following, detector)

    def take_opened(self) -> "Opened | None":
        """What was opened, once; its reader must be closed."""
        opened, self._opened = self._opened, None
        return opened

    def engine(self, settings: Settings) -> "Engine":
        """The language model of these settings, running; its caller resets it before a report.

        Raises:
            LanguageModelBroken: it does not load.
        """
        from resus_doc.models import store
        from resus_doc.models.llm import Engine

        if self._engine is None or self._engine[0] != settings.llm:
            self.close()
            self._engine = (settings.llm, Engine.open(store.language_model(settings)))
        return self._engine[1]

    @staticmethod
    def check_engine(settings: Settings) -> None:
        """Whether there is such a language model, without loading it.

        Raises:
            LanguageModelBroken: it is not there, or is no GGUF file.
        """
        from resus_doc.models import store
        from resus_doc.models.llm import Engine

        if settings.llm != "none":
            Engine(store.language_model(settings)).check()

    def close(self) -> None:
        """End the language model's process and the reading of the next video, where either was begun."""
        if (opened := self.take_opened()) is not None:
            opened.batches.close()
        if self._engine is not None:
            self._engine[1].close()
            self._engine = None
