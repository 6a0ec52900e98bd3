"""What LangGraph must not take from the environment: a wish to post each run, with all it holds, to LangSmith."""

import os


def switch_off() -> None:
    """Keep the graphs of this process, and of those it starts, from being posted; before langgraph is imported.

    LangSmith believes the first of these names that is set. The two of its first edition end a graph with an exception.
    """
    for name in ("LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING_V2", "LANGSMITH_TRACING"):
        os.environ[name] = "false"
    for name in ("LANGCHAIN_TRACING", "LANGCHAIN_HANDLER"):
        os.environ.pop(name, None)
