"""Who decides: the LangGraph graphs for report and chat, the writer and the verifier."""
