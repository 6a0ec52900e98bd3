"""What a report says about the stretches of the video that were examined again because a verdict hung on them."""

from resus_doc.schema import Report
from resus_doc.tools import report_words as words
from resus_doc.tools.clock import clock

_LOOK_REASONS = {
    "uncertain_edge": "an edge there was uncertain",
    "short_event": "a short event there decides it",
    "short_gap": "a short gap there decides it",
}


def lines(report: Report) -> tuple[str, ...]:
    """One line for each verdict that sent the program back to a stretch of the video: where, why, and what came of it."""
    findings = {finding.rule_id: finding for finding in report.findings}
    found = []
    for rule_id in dict.fromkeys(look.rule_id for look in report.closer_looks):
        looks = [look for look in report.closer_looks if look.rule_id == rule_id]
        where = ", ".join(f"{clock(look.start_s)}–{clock(look.end_s)}" for look in looks)
        why = " and ".join(dict.fromkeys(_LOOK_REASONS[look.reason] for look in looks))
        before, after = words.VERDICT_NAMES[looks[0].before].lower(), words.VERDICT_NAMES[looks[0].after].lower()
        came = f"it stays {before}" if before == after else f"{before} before, {after} after it"
        name = findings[rule_id].id if rule_id in findings else rule_id
        found.append(f"{where} of the video, for finding {name}: {why}; {came}.")
    return tuple(found)
