"""One exception family. Each error says what happened, to which input, and what to do next.

ResusDocError                 exit status 1 (never raised itself)
├── UsageError                2   the command line or a settings file is wrong
│   └── CaseChanged           2   a case was changed by somebody else meanwhile
├── InputRefused              3   a video, annotation, vitals or case folder cannot be used
│   └── VideoRefused          3   the video file is missing, empty, not a video, or unreadable
├── ResourceMissing           4   a model, weight file, index or package is missing or broken
│   ├── BundleBroken          4   a detector bundle does not load exactly
│   └── LanguageModelBroken   4   a GGUF file does not load or crashed
└── PartlyDone                5   the work ended with some inputs failed

Only the command line turns these into exit statuses; a traceback is printed with --debug alone.
"""


class ResusDocError(Exception):
    """Base of all errors that a user can act on.

    `what` names the event and the input; `remedy` is the next step for the person at the keyboard.
    """

    exit_status = 1

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.what} {self.remedy}".strip()


class UsageError(ResusDocError):
    """The command line, a settings file or a profile file is wrong."""

    exit_status = 2


class CaseChanged(UsageError):
    """A case is no longer what a revision was made from."""


class InputRefused(ResusDocError):
    """An input file or folder cannot be used."""

    exit_status = 3


class VideoRefused(InputRefused):
    """The video is missing, empty, not a video, or holds no readable frame."""


class ResourceMissing(ResusDocError):
    """A model, weight file, index, package or writable folder is missing or broken."""

    exit_status = 4


class BundleBroken(ResourceMissing):
    """A detector bundle does not load exactly as it was saved."""


class LanguageModelBroken(ResourceMissing):
    """A language model file does not load, or its worker process died."""


class PartlyDone(ResusDocError):
    """The work ended, but some of its inputs failed."""

    exit_status = 5
