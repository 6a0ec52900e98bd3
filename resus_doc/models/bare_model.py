"""A base without adapter, answering to what is asked of a PEFT model."""

from __future__ import annotations

import contextlib
from typing import Any

from torch import nn


class BareModel(nn.Module):
    """Holds a base; there is no adapter to turn off."""

    def __init__(self, base: Any) -> None:
        super().__init__()
        self.base = base

    def get_base_model(self) -> Any:
        """The base."""
        return self.base

    def disable_adapter(self) -> contextlib.AbstractContextManager[None]:
        """Nothing changes: the base is bare already."""
        return contextlib.nullcontext()
