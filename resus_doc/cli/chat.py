"""The chat on the terminal: reads questions, prints answers sentence by sentence as they are verified."""

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from resus_doc import settings
from resus_doc.cli import display
from resus_doc.errors import ResusDocError, UsageError

if TYPE_CHECKING:
    from resus_doc.agent.chat import Answer, Chat

GREETING = "Ask about the case. /help says what can be asked and done; Ctrl-D ends."
HELP = """\
Ask in your own words, for example:
  when did PPV start?   how long were the pauses?   was there suction during PPV?   and stimulation?
  what happened before that?   which rules were not met?   what does the guideline say about suction?
  would the verdict change if birth was ten seconds earlier?   show me 1:10   look again between 0:30 and 0:50
/history  the conversation so far      /export [FILE]  write it as Markdown
/clear    forget the conversation      /quit           end (also Ctrl-D); Ctrl-C stops an answer"""


def chat(
    case: Annotated[Path, typer.Argument(help="A case folder, or a bare timeline or annotation file.")],
    ask: Annotated[str | None, typer.Option(metavar="QUESTION", help="Answer one question and end.")] = None,
    llm: Annotated[str | None, typer.Option(metavar="GGUF|NAME|none", help="A GGUF file or a pulled model.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Ask about a case. The conversation is kept in the case folder and goes on where it was left."""
    if as_json and ask is None:
        raise UsageError("--json needs one question.", "Add --ask QUESTION.")
    from resus_doc.agent.chat import Chat

    with Chat.open(case, settings.load(llm=llm), keep=ask is None) as conversation:
        if ask is None:
            converse(conversation, case)
        elif as_json:
            print(conversation.ask(ask).model_dump_json(indent=2))  # noqa: T201 - machine output goes to stdout as it is
        else:
            _answer(conversation, ask)


def converse(conversation: "Chat", case: Path) -> None:
    """A conversation on the terminal, until the end of input."""
    commands = _commands(conversation, case)
    display.line(GREETING)
    warm = threading.Timer(0.2, conversation.warm_up)  # once the prompt stands, so that it need not wait
    warm.daemon = True
    warm.start()
    _arrow_keys(conversation)
    while True:
        try:
            question = _read()
        except KeyboardInterrupt:
            display.line("")
            continue
        except (EOFError, OSError):  # end of input, or the terminal was closed
            return
        name, _, argument = question.strip().partition(" ")
        if name in ("/quit", "/exit"):
            return
        try:
            if name.startswith("/"):
                commands.get(name, _unknown)(argument.strip())
            elif question.strip():
                _answer(conversation, question)
        except KeyboardInterrupt:
            display.line("Stopped. The conversation is kept.")
        except ResusDocError as error:
            display.problem(str(error))
        except OSError:  # the terminal was closed while the answer was printed
            return


def _read() -> str:
    """The next line; bytes that are no text are replaced, so that a slip in the terminal's encoding ends nothing."""
    if display.is_terminal():
        return input("> ")
    line = sys.stdin.buffer.readline()
    if not line:
        raise EOFError
    return line.decode("utf-8", "replace")


def _answer(conversation: "Chat", question: str) -> "Answer":
    """Each sentence as it comes, then the entries that they rest on."""
    found = conversation.ask(question, on_sentence=_sentence)
    out = display.out()
    if found.cites:
        out.print(Text(f"  [{', '.join(found.cites)}]", style="dim"))
    for call in found.tool_calls:
        for path in call["result"]["files"]:
            _picture(Path(path))
    return found


def _sentence(text: str) -> None:
    display.out().print(Text(display.printable(text)), soft_wrap=not display.is_terminal())
    display.out().file.flush()


def _picture(path: Path) -> None:
    """The picture itself where the terminal can show one (the protocol of iTerm2, which WezTerm and others know)."""
    import os

    if path.suffix != ".png" or not display.is_terminal():
        return
    if (
        os.environ.get("TERM_PROGRAM") in ("iTerm.app", "WezTerm", "mintty")
        or os.environ.get("LC_TERMINAL") == "iTerm2"
    ):
        import base64

        content = base64.b64encode(path.read_bytes()).decode()
        sys.stdout.write(f"\x1b]1337;File=inline=1;width=60:{content}\a\n")
        sys.stdout.flush()


def _arrow_keys(conversation: "Chat") -> None:
    """Line editing, with the questions of the conversation so far under the arrow keys."""
    if not display.is_terminal():
        return
    try:
        import readline
    except ImportError:  # Windows: the terminal brings its own
        return
    for question in conversation.conversation.questions():
        readline.add_history(question)


def _commands(conversation: "Chat", case: Path) -> dict[str, Callable[[str], Any]]:
    def history(_argument: str) -> None:
        turns = conversation.turns()
        if not turns:
            display.line("Nothing has been asked yet.")
        for turn in turns:
            display.out().print(Text(display.printable(f"> {turn['question'].strip()}"), style="bold"))
            display.out().print(Text(display.printable(turn["answer"])))

    def export(argument: str) -> None:
        from resus_doc.agent.conversation import write_markdown

        place = Path(argument).expanduser() if argument else (case if case.is_dir() else Path()) / "export" / "chat.md"
        write_markdown(conversation.turns(), conversation.report, place)
        display.line(f"Written to {place}")

    def clear(_argument: str) -> None:
        conversation.clear()
        display.line("The conversation is forgotten.")

    return {"/history": history, "/export": export, "/clear": clear, "/help": lambda _: display.line(HELP)}


def _unknown(_argument: str) -> None:
    display.line("There is no such command. /help lists them.")
