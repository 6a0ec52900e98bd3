"""One model of transformers is loaded at a time in a process."""

import threading

LOADING = threading.RLock()
"""Held by whoever loads a model of transformers: its lazy modules break when two threads import from them at once."""
