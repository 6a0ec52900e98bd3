"""From window probabilities to stretches of each label, by a decoder that was fitted to the detector (`models/decoder`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from resus_doc.errors import BundleBroken
from resus_doc.schema import Activity, Range, Span
from resus_doc.tools.stretches import Stretch

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from resus_doc.models.decoder import Decoder
    from resus_doc.models.semi_markov import Edge, Stay
    from resus_doc.tools.windows import Windows


def decode(windows: Windows, closer: Windows | None, decoder: Decoder, within: Span) -> dict[Activity, list[Stretch]]:
    """The stretches of every label; `within` was readable.

    Raises:
        BundleBroken: the decoder was fitted to other labels or windows.
    """
    import numpy as np

    from resus_doc.models import semi_markov
    from resus_doc.models.decoder import seen_windows

    if decoder.labels != windows.labels or decoder.window_cells != round(windows.window_s / decoder.cell_s):
        raise BundleBroken(
            "The decoder of the detector bundle was fitted to other labels or windows.",
            "Install resus-doc again, or choose another bundle with --detector.",
        )
    looked = None if closer is None else (closer.start_s.tolist(), closer.probabilities)
    seen = seen_windows(decoder, (windows.start_s.tolist(), windows.probabilities), looked)
    cells = int(seen.first_cell[-1]) + decoder.window_cells
    found = semi_markov.posterior(decoder, seen, cells)
    fine = np.zeros(cells, dtype=bool)
    for first in seen.first_cell[seen.fine]:
        fine[first : first + decoder.window_cells] = True
    return {
        label: _stretches(
            decoder, semi_markov.stays(found, column, decoder.cell_s, decoder.least_confidence), fine, within
        )
        for column, label in enumerate(decoder.labels)
    }


def _stretches(decoder: Decoder, stays: Sequence[Stay], fine: NDArray[np.bool_], within: Span) -> list[Stretch]:
    """In order of time; a range stays clear of the stretches beside it."""
    spans = [
        Span(
            within.start_s if stay.start is None else stay.start.middle_s,
            within.end_s if stay.end is None else min(stay.end.middle_s, within.end_s),
        )
        for stay in stays
    ]
    found = []
    for number, (stay, span) in enumerate(zip(stays, spans, strict=True)):
        if span.end_s <= span.start_s:
            continue
        floor_s = spans[number - 1].end_s if number else within.start_s
        ceiling_s = spans[number + 1].start_s if number + 1 < len(spans) else within.end_s
        found.append(
            Stretch(
                start_s=span.start_s,
                end_s=span.end_s,
                start_range_s=_range(decoder, stay.start, span.start_s, Span(floor_s, span.end_s), fine),
                end_range_s=_range(decoder, stay.end, span.end_s, Span(span.start_s, ceiling_s), fine),
                confidence=stay.confidence,
                censored_start=stay.start is None,
                censored_end=stay.end is None,
            )
        )
    return found


def _range(decoder: Decoder, edge: Edge | None, at_s: float, between: Span, fine: NDArray[np.bool_]) -> Range:
    """The stretched range of an edge, cut to where it can lie."""
    from resus_doc.models.semi_markov import EDGE_SLACK

    if edge is None:
        return (at_s, at_s)
    cell = min(max(int(at_s / decoder.cell_s), 0), len(fine) - 1)
    evidence = decoder.fine if fine[cell] else decoder.coarse
    low_s, high_s = edge.stretched(evidence.stretch, EDGE_SLACK * decoder.cell_s)
    return (min(at_s, max(low_s, between.start_s)), max(at_s, min(high_s, between.end_s)))
