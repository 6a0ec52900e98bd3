"""The verifier: does a sentence say only what its cited facts license?

It is closed-world. The sentence is read as symbols (`lexicon`); a word outside the vocabulary is refused. Then the symbols
are reduced to claims ("PPV", start, 78 s after birth), each claim is compared with the fact it is about, and whatever is left
over refuses the sentence. So a number must belong to the right fact in the right role; it is not enough that it exists.

The verifier does not parse English. It refuses some true sentences (an unknown turn of phrase, an ambiguous reference);
those are written again or replaced by their template, which costs variety and never truth.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from resus_doc.agent import lexicon as L
from resus_doc.agent import templates
from resus_doc.agent.facts import Fact, Number, Role
from resus_doc.agent.lexicon import Symbol
from resus_doc.schema import ACTIVITY_NAMES, Activity, Section

LONGEST = 420
"""Characters outside quotations. A sentence of two events in the longest wording takes about 300."""

ONSETS_APART_S = 1.0
"""Order words need onsets at least the detector's stride apart."""


class Claim(NamedTuple):
    """What a part of the sentence says: the role, the number, and what it is said to count from."""

    role: Role
    value: float
    unit: str
    at_least: bool = False
    anchor: tuple[str, str] | None = None
    """Side and name, such as ("after", "birth"); None when the sentence leaves it out."""
    first: bool = False


def check(text: str, facts: Sequence[Fact], section: Section | None = None) -> list[str]:
    """Why the sentence is not supported by these facts; empty when it is.

    `section` adds its form: a discussion is an open question, everything else a statement. Without it the facts decide
    alone and a question mark makes it a discussion.
    """
    if facts and facts[0].kind in templates.FIXED:
        return (
            [] if text == templates.sentence(section or "summary", tuple(facts)) else ["this fact has one wording only"]
        )
    text = _with_quotes(text, facts)
    asks = text.endswith("?") if section is None else section == "discussion"
    problems = _form(text, "?" if asks else ".")
    if problems:
        return problems
    symbols = L.read(text[:-1])
    unknown = [symbol.words for symbol in symbols if symbol.code == L.UNKNOWN]
    if unknown:
        return [f"not licensed: {', '.join(dict.fromkeys(unknown))}"]
    problems = _word_order(symbols)
    if problems:
        return problems
    if asks:
        if symbols[0].code != L.OPENER:
            return ["not an open question to the team"]
        symbols = symbols[1:]
    if any(symbol.code == L.OPENER for symbol in symbols):
        return ["a question inside the sentence"]
    return _check_kind(symbols, tuple(facts), asks=asks)


def _with_quotes(text: str, facts: Sequence[Fact]) -> str:
    """The sentence with the quotation marks that a rule's or measure's own words may lack."""
    quote = next((fact.quote for fact in facts if fact.quote), None)
    if quote is None or "“" in text:
        return text
    return re.sub(rf"(?<!\w){re.escape(quote)}(?!\w)", lambda _: f"“{quote}”", text, count=1, flags=re.IGNORECASE)


def left_out(text: str, facts: Sequence[Fact], section: Section) -> list[str]:
    """Which numbers of the facts a statement that is otherwise true does not tell. Questions need not tell all."""
    if section == "discussion":
        return []
    said = {symbol.value for symbol in L.read(text[:-1]) if isinstance(symbol.value, float)}
    return [
        f"leaves out the {number.role}{' of ' + fact.name if fact.name else ''}"
        for fact in facts
        for number in fact.numbers
        if number.value not in said and fact.kind not in templates.FIXED
    ]


def _form(text: str, end: str) -> list[str]:
    if not text or len(_outside_quotes(text)) > LONGEST:
        return ["empty or too long"]
    if not text.endswith(end) or any(mark in _outside_quotes(text[:-1]) for mark in "?!\n"):
        return [f"not one sentence that ends with {end}"]
    if not (text[0].isupper() or text[0].isdigit() or text[0] == "“"):
        return ["does not begin like a sentence"]
    if "  " in text or re.search(r" [,;.?)]|\( |[,;)][A-Za-z0-9(]|[,;(][,;)]", _outside_quotes(text)):
        return ["stray spaces or marks"]
    if text.startswith("Chest compressions was "):
        return ["chest compressions are in the plural"]
    return []


def _outside_quotes(text: str) -> str:
    return re.sub(r"“[^“”]*”", "Q", text)


def _word_order(symbols: Sequence[Symbol]) -> list[str]:
    """Salad that the claims alone would not notice: doubled words, a dangling end, runs of function words."""
    if not symbols:
        return ["no words"]
    words = [symbol.words.lower() for symbol in symbols]
    if any(one == other and one.isalpha() for one, other in pairwise(words)):
        return ["a word twice"]
    loose = (L.FUNCTION, L.OF, L.AND, L.OR, L.BE, L.IT, L.AT, L.AT_LEAST, ",", ";", "(")
    if symbols[-1].code in loose:
        return ["an unfinished sentence"]
    run = 0
    for symbol in symbols:
        run = run + 1 if symbol.code in loose else 0
        if run > 4:
            return ["too many words without content"]
    return []


def _check_kind(symbols: list[Symbol], facts: tuple[Fact, ...], *, asks: bool) -> list[str]:
    kinds = {fact.kind for fact in facts}
    if kinds and kinds <= {"event", "group"}:
        return _stretches(_as_seen(symbols), facts, asks=asks)
    if kinds == {"absent"} and not asks:
        return _absent(_as_seen(symbols), facts)
    if kinds == {"finding"} and len(facts) == 1 and facts[0].informs:
        return _informs(symbols, facts[0])
    if kinds == {"finding"} and len(facts) == 1:
        return _finding(symbols, facts[0])
    if kinds == {"measure"} and len(facts) == 1 and not asks:
        return _measure(symbols, facts[0])
    if kinds == {"tally"} and len(facts) == 1 and not asks:
        return _tally(symbols, facts[0])
    return ["no sentence is licensed by these facts together"]


def _as_seen(symbols: Sequence[Symbol]) -> list[Symbol]:
    """ "Observed" is a finding's value, but of an activity it means seen."""
    return [symbol._replace(code=L.SEEN) if symbol.words.lower() == "observed" else symbol for symbol in symbols]


# --- stretches of activities

_REDUCTIONS: tuple[tuple[str, Role | None], ...] = (
    (r"\(S?@?([NK])H\)", "start"),
    (r"(?:FR?[SY]?|RS|S)?@?([NK])H", "start"),
    (r"(?:FR?[SY]?|S)@?(K)(?![HTl])", "start"),
    (r"D?(C)[XR]", "count"),
    (r"(c)", "count"),
    (r"TD?(G?[NK])", "total"),
    (r"D?(G?[NK])T", "total"),
    (r"D(G?[NK])", "duration"),
    (r"R(G?[NK])l", "duration"),
    (r"(G?[NK])l", "duration"),
    (r"\((G?[NK])\)", "duration"),
    (r"(G?[NK])(?=R?oA)", "duration"),
    (r"(G?[NK])(?=RoA)", "duration"),
    (r"Fo(?=\*)|So(?=A)|Ro(?=A)|^D(?=A,)|^F,|i|R(?=\*)", None),
)
"""Patterns on the symbols without function words, tried in this order; `*` is a claim already made.

A match becomes a claim of this role about the number in it, or is dropped where the role is None.
"""

_UNHEARD = (L.FUNCTION, L.BE, L.TAIL)
"""What says nothing in any sentence."""

_SILENT = (L.SEEN, L.DONE, L.START, L.AND, ",")
"""What may stay when all claims are made: it says nothing beyond them."""


class _Clause(NamedTuple):
    """A part of a sentence between semicolons and order words, and the order word before it."""

    relation: str | None
    items: list[Symbol | Claim]


def _stretches(symbols: list[Symbol], facts: tuple[Fact, ...], *, asks: bool) -> list[str]:
    """Compare a sentence about events, or groups of events, with their facts."""
    names = [fact.activity for fact in facts]
    if len(set(names)) < len(names):
        return ["two facts of one activity: the sentence would be ambiguous"]
    items = _reduce([*_in_order([symbol for symbol in symbols if symbol.code not in (*_UNHEARD, L.SHOWS)])])
    try:
        said, relations = _assign(_clauses(items))
    except _Unclear as error:
        return [str(error)]
    by_name = {fact.activity: fact for fact in facts}
    strangers = [name for name in said if name not in by_name]
    if strangers:
        return [f"{ACTIVITY_NAMES[name]} is not what the cited facts are about" for name in strangers]
    problems = [f"does not mention {ACTIVITY_NAMES[name]}" for name in by_name if name is not None and name not in said]
    anchored = any(isinstance(item, Claim) and item.anchor is not None for item in items)
    for name, parts in said.items():
        problems += _compare(by_name[name], parts, anchored=anchored)
    for relation, first, second in relations:
        check = _check_order if relation in (L.THEN, L.CAME_AFTER) else _check_longer
        problems += check(by_name[first], by_name[second])
    if not asks and not relations and not any(map(_tells, said.values())):
        problems.append("says nothing")
    return problems


def _in_order(symbols: list[Symbol]) -> list[Symbol]:
    """ "After suction, which began ..., PPV began": the order word put where the activities change, as in "suction, then PPV".

    "First there was suction, then PPV" says no more than its "then", and nothing at all without one.
    """
    codes = _codes(symbols)
    if re.match(r"DAG?[NK](?!H)", codes):  # "The length of suction was 25 s"
        return [symbols[1], symbols[0], *symbols[2:]]
    if codes.startswith(L.FIRST_CAME) and re.search(rf"A.*{L.THEN}.*A", codes):
        return symbols[1:]
    front = symbols[0] if symbols else None
    if front is None or front.words.lower() not in ("after", "before") or not re.match(r"[at](?:So)?A", codes):
        return symbols
    places = [at for at, code in enumerate(codes) if code == L.ACTIVITY]
    comma = codes.rfind(",", 0, places[1]) if len(places) == 2 else -1
    if comma < places[0]:
        return symbols
    word = L.THEN if front.code == L.AFTER_IT else L.CAME_AFTER
    return [*symbols[1:comma], Symbol(word, None, front.words), *symbols[comma + 1 :]]


def _tells(parts: Sequence[Symbol | Claim]) -> bool:
    """Whether anything is claimed: a number, or an edge of the video at which it was under way."""
    return any(isinstance(part, Claim) or part.code in (L.VIDEO_START, L.VIDEO_END) for part in parts)


class _Unclear(Exception):
    """The sentence cannot be read in one way only."""


def _codes(items: Sequence[Symbol | Claim]) -> str:
    return "".join(item.code if isinstance(item, Symbol) else "*" for item in items)


def _reduce(items: list[Symbol | Claim]) -> list[Symbol | Claim]:
    """Replace each number and its cues by a claim."""
    for pattern, role in _REDUCTIONS:
        while (match := re.search(pattern, _codes(items))) is not None:
            made = [] if role is None else [_claim(items[match.start() : match.end()], role)]
            items = [*items[: match.start()], *made, *items[match.end() :]]
    items = _turn_around(items)
    return _total_in_front(items)


def _claim(part: Sequence[Symbol | Claim], role: Role) -> Claim:
    symbols = [item for item in part if isinstance(item, Symbol)]
    number = next(item for item in symbols if item.code in (L.SECONDS, L.CLOCK, L.COUNT, L.ONCE))
    anchor = next((item.value for item in symbols if item.code == L.ANCHOR), None)
    codes = {item.code for item in symbols}
    assert isinstance(number.value, float)
    unit = "count" if number.code in (L.COUNT, L.ONCE) else "s"
    return Claim(role, number.value, unit, L.AT_LEAST in codes, anchor, L.FIRST in codes)  # type: ignore[arg-type]


def _turn_around(items: list[Symbol | Claim]) -> list[Symbol | Claim]:
    """In "25 s of PPV" and "three stretches of suction" the claim belongs to the activity after it."""
    while (match := re.search(r"(\*)R?oA|(\*)oA", _codes(items))) is not None:
        items = [*items[: match.start()], items[match.end() - 1], items[match.start()], *items[match.end() :]]
    return items


def _total_in_front(items: list[Symbol | Claim]) -> list[Symbol | Claim]:
    """ "In total, suction lasted 22 s": the sum is announced first."""
    durations = [item for item in items if isinstance(item, Claim) and item.role == "duration"]
    cues = [item for item in items if isinstance(item, Symbol) and item.code == L.TOTAL]
    if len(cues) != 1 or len(durations) != 1:
        return items
    kept = [item for item in items if item is not cues[0]]
    return [item._replace(role="total") if item is durations[0] and isinstance(item, Claim) else item for item in kept]


def _clauses(items: list[Symbol | Claim]) -> list[_Clause]:
    clauses: list[_Clause] = []
    part: list[Symbol | Claim] = []
    relation: str | None = None
    for item in items:
        if isinstance(item, Symbol) and item.code in (";", L.THEN, L.CAME_AFTER, L.LONGER):
            if _codes(part).strip(",&"):
                clauses.append(_Clause(relation, part))
                relation, part = None, []
            if item.code != ";":
                relation = str(item.value) if item.code == L.LONGER else item.code
        else:
            part.append(item)
    return [*clauses, _Clause(relation, part)]


Said = dict[Activity, list[Symbol | Claim]]


def _assign(clauses: list[_Clause]) -> tuple[Said, list[tuple[str, Activity, Activity]]]:
    """Which activity each claim is about, and which activity is said to come before which, or to have lasted longer.

    A claim belongs to the activity named before it in its clause, or else to the first one after it. A clause that names
    none goes on about the last one.
    """
    said: Said = {}
    relations: list[tuple[str, Activity, Activity]] = []
    last: Activity | None = None
    for clause in clauses:
        names = [item.value for item in clause.items if isinstance(item, Symbol) and item.code == L.ACTIVITY]
        current: Activity | None = names[0] if names else last  # type: ignore[assignment]
        if current is None:
            raise _Unclear("names no activity")
        if clause.relation is not None:
            if last is None or not names:
                raise _Unclear("an order word without two activities")
            forward = clause.relation in (L.THEN, "longer")
            relations.append((clause.relation, *((last, current) if forward else (current, last))))
        if re.search(r"A[^,&]*A", _codes(clause.items)):
            raise _Unclear("two activities run together")
        for item in clause.items:
            if isinstance(item, Symbol) and item.code == L.ACTIVITY:
                current = item.value  # type: ignore[assignment]
                said.setdefault(current, [])
            else:
                said.setdefault(current, []).append(item)
        last = current
    return said, relations


def _compare(fact: Fact, parts: list[Symbol | Claim], *, anchored: bool) -> list[str]:
    problems = []
    for claim in (part for part in parts if isinstance(part, Claim)):
        problem = _wrong(claim, fact, anchored=anchored)
        problems += [f"{fact.name}: {problem}"] if problem else []
    codes = [part.code for part in parts if isinstance(part, Symbol)]
    edges = [code for code in codes if code in (L.VIDEO_START, L.VIDEO_END)]
    if codes.count(L.UNDER_WAY) != len(edges):
        problems.append(f"{fact.name}: under way when?")
    if L.VIDEO_START in edges and not fact.ongoing_at_start:
        problems.append(f"{fact.name} was not under way at the start of the video")
    if L.VIDEO_END in edges and not fact.ongoing_at_end:
        problems.append(f"{fact.name} was not under way at the end of the video")
    count = fact.number("count")
    repeated = (L.REPEATED,) if count is not None and count.value > 1 else ()
    in_all = (L.TOTAL,) if fact.kind == "group" else ()
    allowed = (*_SILENT, L.UNDER_WAY, L.VIDEO_START, L.VIDEO_END, *repeated, *in_all)
    left = [part.words for part in parts if isinstance(part, Symbol) and part.code not in allowed]
    if left:
        problems.append(f"{fact.name}: not supported: {', '.join(left)}")
    if fact.ongoing_at_start and L.START in codes:
        problems.append(f"the start of {fact.name} was not seen")
    return problems


def _wrong(claim: Claim, fact: Fact, *, anchored: bool) -> str | None:
    """What is wrong with the claim, or None."""
    number = fact.number(claim.role)
    if claim.role == "duration" and fact.kind == "group" and _is_single(fact):
        number = fact.number("total")
    if number is None:
        return f"the facts give no {claim.role}"
    if (claim.value, claim.unit) != (number.value, number.unit):
        return f"{claim.role} is {_say(number)}"
    if claim.at_least != number.at_least:
        return f"{claim.role} is {'a lower bound' if number.at_least else 'not a lower bound'}"
    if claim.first and fact.kind != "group":
        return "nothing says that it was the first"
    if claim.role != "start":
        return None
    side = "before" if fact.before_anchor else "after"
    if claim.anchor is None:
        return None if anchored and side == "after" else "the start counts from nothing"
    return None if claim.anchor == (side, fact.anchor) else f"times count {side} {fact.anchor}"


def _is_single(fact: Fact) -> bool:
    count = fact.number("count")
    return count is not None and count.value == 1


def _say(number: Number) -> str:
    return f"{number.value:g}" if number.unit == "count" else f"{number.value:g} {number.unit}"


def _check_order(first: Fact, second: Fact) -> list[str]:
    if first.kind != "event" or second.kind != "event" or first.onset_s is None or second.onset_s is None:
        return ["an order of activities that the facts do not give"]
    if second.onset_s - first.onset_s < ONSETS_APART_S:
        return [f"{second.name} did not start after {first.name}"]
    return []


def _check_longer(longer: Fact, shorter: Fact) -> list[str]:
    lengths = [fact.number("duration") for fact in (longer, shorter)]
    known = [number.value for number in lengths if number is not None and not number.at_least]
    if len(known) < 2:
        return ["a comparison of lengths that the facts do not give"]
    return [] if known[0] > known[1] else [f"{longer.name} did not last longer than {shorter.name}"]


# --- activities not seen, findings


def _absent(symbols: list[Symbol], facts: tuple[Fact, ...]) -> list[str]:
    """Only "not seen" is licensed, and each activity once; the stretch it holds for may be named."""
    codes = "".join(symbol.code for symbol in symbols if symbol.code not in _UNHEARD)
    codes = codes.removeprefix(",")
    if codes.startswith(L.NEGATION) and any(symbol.words.lower().startswith(("in th", "on th")) for symbol in symbols):
        codes = L.SHOWS + codes  # "There was no suction in the recording"
    listed = r"A(?:,A)*(?:&A|\|A)?"
    forms = (
        f"{listed}nY",
        f"n{listed}Y",
        "nAnAY",
        "nA&nAY",
        "AnY,?nA",
        "AnY,?&AnY",
        f"hn{listed}",
        "hnAnA",
        f"M{listed}",
    )
    if not re.fullmatch(rf"(?:w,?)?(?:{'|'.join(map(_whole, forms))})w?", codes) or codes.count(L.WHILE_SEEN) > 1:
        return ["does not say plainly what was not seen"]
    if any(symbol.code == L.SEEN and symbol.words.lower() not in L.PERCEIVED for symbol in symbols):
        return ["what was not seen may still have happened"]
    codes = codes.removeprefix("w").removeprefix(",")
    if re.search(r"A&A", codes) and codes[0] in "nhM":
        return ["'no ... and' can be read in two ways"]
    if "|" in codes and codes[0] not in "nhM":
        return ["'or' leaves open which was not seen"]
    if any(symbol.code == L.WHILE_SEEN for symbol in symbols) and not all(fact.in_view for fact in facts):
        return ["the facts do not say when the baby was in view"]
    named = [symbol.value for symbol in symbols if symbol.code == L.ACTIVITY]
    if sorted(map(str, named)) != sorted(str(fact.activity) for fact in facts):
        return ["names other activities than those not seen"]
    negations = [symbol.words.lower() for symbol in symbols if symbol.code == L.NEGATION]
    if codes[0] == L.SHOWS_NOT:
        return [] if not negations else ["a negation that does not fit"]
    two = (["neither", "nor"], ["no", "no"], ["not", "nor"], ["not", "not"])
    if negations not in (["no"], ["not"], ["never"], ["at no time"], ["at no point"], ["not once"], *two):
        return ["a negation that does not fit"]
    in_front = codes[0] in (L.NEGATION, L.SHOWS)
    if negations[0] in ("at no time", "at no point", "not once"):
        return []
    return [] if in_front == (negations[0] in ("no", "neither")) else ["a negation that does not fit"]


def _whole(form: str) -> str:
    return f"(?:{form})"


_FINDING_REDUCTIONS: tuple[tuple[str, Role], ...] = (
    (r"h@?([NKCPB])", "observed"),
    (r"[Lq]([NKCPB])", "limit"),
    (r"@?O[@o]?([NKCPB])", "observed"),
    (r"@?([NKCPB])O", "observed"),
    (r"(?<=V)@([NKCPB])|(?<=V,)@([NKCPB])", "observed"),
    (r"^@([NKCPB])(?=,)|(?<=V)([NKCPB])(?=,?\*)|(?<=V,)([NKCPB])(?=,?\*)", "observed"),
)


def _finding(symbols: list[Symbol], fact: Fact) -> list[str]:
    """One rule, quoted whole, its verdict, what was observed and the limit."""
    items: list[Symbol | Claim] = [symbol for symbol in symbols if symbol.code not in (*_UNHEARD, L.JUDGED)]
    problems: list[str] = []
    for pattern, role in _FINDING_REDUCTIONS:
        while (match := re.search(pattern, _codes(items))) is not None:
            part = items[match.start() : match.end()]
            problems += _wrong_in_finding(part, role, fact)
            items = [*items[: match.start()], Claim(role, 0.0, ""), *items[match.end() :]]
    roles = [item.role for item in items if isinstance(item, Claim)]
    if len(set(roles)) < len(roles):
        problems.append("a number twice")
    symbols = [item for item in items if isinstance(item, Symbol)]
    if re.match("DW?Q", _codes(symbols)):  # "For “...” the verdict is met"
        symbols = symbols[1:]
    left = [item.words for item in symbols if item.code not in (L.QUOTE, L.VERDICT, L.RULE, L.AND, ",", ";")]
    if left:
        problems.append(f"not supported: {', '.join(left)}")
    problems += _wrong_words(symbols, fact)
    if not re.search(r"W?Q[^QVW]*V", _codes(items)):
        problems.append("does not quote the rule and then its verdict")
    if [symbol.value for symbol in symbols if symbol.code == L.VERDICT] != [fact.verdict]:
        problems.append(f"the verdict is {fact.verdict}")
    return problems


def _wrong_in_finding(part: Sequence[Symbol | Claim], role: Role, fact: Fact) -> list[str]:
    said = next(item for item in part if isinstance(item, Symbol) and isinstance(item.value, float))
    number = fact.number(role)
    sides = [item.value for item in part if isinstance(item, Symbol) and item.code == L.BEYOND]
    if sides and not _lies(str(sides[0]), fact):
        return [f"what was observed is not {sides[0]} than the limit"]
    unit = {L.COUNT: "count", L.PERCENT: "%", L.BPM: "bpm"}.get(said.code, "s")
    if number is None:
        return [f"the finding gives no {role} value"]
    return [] if (said.value, unit) == (number.value, number.unit) else [f"{role} is {_say(number)}"]


def _lies(side: str, fact: Fact) -> bool:
    observed, limit = fact.number("observed"), fact.number("limit")
    if observed is None or limit is None:
        return False
    return observed.value > limit.value if side == "more" else observed.value < limit.value


def _wrong_words(symbols: Sequence[Symbol], fact: Fact) -> list[str]:
    problems = []
    quotes = [symbol.value for symbol in symbols if symbol.code == L.QUOTE]
    rules = [symbol.words.lower() for symbol in symbols if symbol.code == L.RULE]
    if quotes != [fact.quote]:
        problems.append("quotes something else than the rule")
    if rules and rules != ["quality metric" if fact.metric else "rule"]:
        problems.append(f"it is a {'quality metric' if fact.metric else 'rule'}")
    return problems


def _informs(symbols: list[Symbol], fact: Fact) -> list[str]:
    """A quality metric without a limit: its quoted name and what was observed, and no verdict."""
    kept = [symbol for symbol in symbols if symbol.code not in (L.FUNCTION, L.BE)]
    codes = "".join(symbol.code for symbol in kept)
    forms = ("D?W?Q,?[NKCPB]O", "D?W?Q,?O@?[NKCPB]", "O[oD]W?Q@?[NKCPB]", "[NKCPB]OD?W?Q", "W?Q[NKCPB]")
    if not any(re.fullmatch(form, codes) for form in forms):
        return ["does not quote the quality metric with what was observed"]
    number = [symbol for symbol in kept if isinstance(symbol.value, float)]
    return _wrong_words(kept, fact) + _wrong_in_finding(number, "observed", fact)


def _measure(symbols: list[Symbol], fact: Fact) -> list[str]:
    """A measure by its quoted name, with its value or that it is not assessable."""
    kept = [symbol for symbol in symbols if symbol.code not in (L.FUNCTION, L.BE)]
    codes = "".join(symbol.code for symbol in kept)
    if not re.fullmatch(r"Q[NKCPBV]", codes) or kept[0].value != fact.quote:
        return ["does not quote the measure and then its value"]
    if kept[1].code == L.VERDICT:
        return [] if kept[1].value == fact.verdict else [f"the verdict is {fact.verdict}"]
    return _wrong_in_finding(kept[1:], "observed", fact)


_TALLY = re.compile(r"(?P<rules>[oD]?(?P<all>C)?W,?(?=C))?(?P<counts>Co?W?V(?:[,;]?&?,?Co?W?V)*)")


def _tally(symbols: list[Symbol], fact: Fact) -> list[str]:
    """ "Of the rules, two were met and one was not assessable": each verdict with its count.

    "Two rules were met" claims nothing of the others and may stand alone.
    """
    kept = [symbol for symbol in symbols if symbol.code not in _UNHEARD]
    match = _TALLY.fullmatch("".join(symbol.code for symbol in kept))
    if match is None or not {symbol.words.lower() for symbol in kept} & {"rule", "rules"}:
        return ["does not count the verdicts plainly"]
    counts = [symbol.value for symbol in kept if symbol.code == L.COUNT]
    if match["all"] and counts.pop(0) != sum(number.value for number in fact.numbers):
        return ["the number of rules is another one"]
    verdicts = [symbol.value for symbol in kept if symbol.code == L.VERDICT]
    truth = {str(number.role): number.value for number in fact.numbers}
    told = [str(verdict) for verdict in verdicts]
    if len(set(told)) < len(told):
        return ["a verdict twice"]
    if match["rules"] and set(told) != set(truth):
        return ["leaves out a verdict"]
    wrong = [verdict for verdict, count in zip(told, counts, strict=True) if truth.get(verdict) != count]
    return ["the counts of the verdicts are other ones"] if wrong else []
