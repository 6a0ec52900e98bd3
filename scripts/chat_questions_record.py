"""Ways to ask for what stands in the record, for the guideline, for pictures, and for what cannot be answered. For `chat_data`."""

from chat_questions_measured import Form
from chat_words import (
    ALL_CASES,
    CASES,
    GUIDELINE,
    HAPPEN,
    LESS,
    MORE,
    PICTURE,
    PLURAL,
    RULE,
    SAY,
    SEE,
    SOMEBODY,
    START,
    STARTED,
    STRETCH,
    TOPICS,
)

RECORD: dict[str, tuple[Form, ...]] = {
    "list_events": (
        (
            {},
            f"""
            (list|list all|name|give me|enumerate|write down|print|note|tell me|show a list of|show the list of|show all) (the|all|all the|every|each|) {{a}} {PLURAL}
            (list|enumerate|give me all|tell me all|name all) {{a}}
            (was|were|is) there (any|some|a|) {{a}} (at all|in this video|in the recording|)
            (was|were) (any|) {{a}} (done|given|performed|used|seen|applied|needed|carried out|tried|documented) (at all|at any time|at any point|)
            (did|do) (they|the team|somebody|anyone|the nurse|the doctor|the midwife) (do|use|give|perform|try|apply|need) (any|) {{a}} (at all|at any point|)
            was the (baby|infant|newborn|child) (ever|at any time|) {{done}} (at all|at any time|at any point|)
            (did|does|do) {SOMEBODY} (ever|) {{do}} (at all|at any time|at any point|)
            (did|has|does) (the|this|our) (baby|infant|newborn|child|girl|boy) (ever|) (get|receive|have|undergo|end up with|require) (any|) {{a}} (at all|at any point|)
            (was|were) (any|) {{a}} (necessary|required|called for) (in this case|in this video|for this baby|)
            when (did|do|does) {SOMEBODY} {{do}} (each time|every time)
            (which|what) {{a}} (was|were) (seen|done|given|there|performed|recorded)
            (which|what) {{a}} {PLURAL} (are there|were there|do you see|were seen|were recorded|did you find)
            (at what times|at which times|when exactly|when|at what moments) (was|were) {{a}} (done|given|seen|performed|used|carried out) (each time|every time|)
            (at what times|when|at which points) did (they|the team) (do|give|use|perform) {{a}}
            (all|every|each) {{a}} {STRETCH} (with times|with start and end|with duration|)
            (all|) the times of {{a}}
            {{a}} {PLURAL}
            {{a}}
            (any|is there|see any|do you see|do we see|can you see|did you see) {{a}}
            from when to when (was|were|did) {{a}} (done|given|last|)
            (has|have|had) (any|) {{a}} (been|) (used|done|given|tried|seen|applied|performed)
            (is|was) {{a}} (in|part of|on) (the|this) (video|record|case|recording|timeline|film)
            (any sign of|any trace of|anything like) {{a}} (here|in this one|in the video|)
            (show me|list|tell me|i want|give me) (all|every time|each time|the times|all the times) (the baby was|she was|he was|they were) {{done}}
            (start and end|starts and ends|times|start and stop times|on and off times) of (each|every|all|) {{a}} {STRETCH}
            (tell me|say something|what do you know|what can you tell me|anything) about {{a}} (in this case|in the video|)
            """,
        ),
        (
            {"activity": "-"},
            f"""
            (list|list all|name|show all|give me|enumerate|write down|print|tell me) (the|all|all the|every) (events|activities|actions|interventions|steps|procedures|things that were done|things they did|measures taken)
            (what|which) (events|activities|actions|interventions|steps|procedures|things) (were|are) (there|seen|done|recorded|recognised|performed|carried out|found)
            what {HAPPEN} (in this video|in the video|here|to the baby|in the recording|)
            (show|give me|print|let me see|) the (timeline|time line|sequence of events|course of events|chronology|log|course|event list)
            (what|everything|all) (did they do|they did|that was done|that happened|was seen) (in order|one after the other|step by step|with times|)
            (everything|all events|all activities|all entries) (please|in order|with times|)
            walk me through (the video|the case|what happened|the events)
            (give me|let me have|i need|show me) (a rundown|a list|a log|a run-through|an account|a timeline|the sequence) of (everything|all|what|all the things) (that was|they|that happened|was) (done|did|seen|)
            (rundown|run-through|run through|play-by-play|blow by blow account|full list|full timeline) (please|of the case|of events|)
            (everything|all) (you saw|you recorded|that is in the record|on the record|that took place)
            (which|what) (interventions|activities|actions|procedures|steps) (do|did|can) you (see|find|spot|make out|notice) (in it|in this one|here|on the film|)
            """,
        ),
        (
            {},
            f"""
            (when|at what time) (did|was|does) the {{w}} {{a}} {STRETCH} (start|begin|happen|take place|given|done|occur|)
            how long (did|was) the {{w}} {{a}} {STRETCH} (last|take|go on|)
            (length|duration|start|beginning|end|time) of the {{w}} {{a}} {STRETCH}
            the {{w}} {{a}} {STRETCH} (how long|when|please|)
            (tell me about|describe|what about|details of|give me) the {{w}} {{a}} {STRETCH}
            (which|what) {{a}} {STRETCH} was (the|) {{w}}
            (what|which) (was|is) the {{w}} {{a}} {STRETCH}
            when did the {{w}} {{a}} {STRETCH} (end|stop|finish|cease)
            """,
        ),
        (
            {"which": "last"},
            """
            (when|at what time) (did|was) {a} (stop|stopped|end|ended|finish|finished|cease|discontinued|over|done with|terminated|last seen|last done|last given)
            (end|ending|end time|finish) of {a}
            (when|at what time) did (they|the team) (stop|finish|end|quit|give up) {ing}
            until when (was|were) {a} (given|done|)
            """,
        ),
        (
            {"activity": "-"},
            """
            (what|which) was the {w} (thing|step|action|activity|intervention|event|thing they did|thing that was done|thing done|measure)
            the {w} (action|step|intervention|activity|event)
            what did they do {w}
            (when|what|how long) was the {w} (action|intervention|event|activity)
            """,
        ),
        (
            {"rel": "during"},
            f"""
            (was|were) (there|) (any|) {{a}} (done|given|seen|) (during|while there was|at the same time as|in the course of|throughout|simultaneously with|alongside|together with|in parallel with) {{b}}
            (did|do) (they|the team) (do|give|use|perform) {{a}} (during|while there was|at the same time as|in the course of|alongside|together with) {{b}}
            (which|what) {{a}} {PLURAL} (were|happened|fell|took place|lie) (during|within|inside|in) {{b}}
            (was|were) {{a}} (done|given|) while (they were|) {{ing2}}
            (did|does|do) {SOMEBODY} {{do}} (during|while there was|alongside|in the middle of) {{b}}
            (did|does|do) {SOMEBODY} {{do}} while (others were|they were|) {{ing2}}
            {{a}} (during|while|at the same time as|alongside) {{b}}
            (did|do|does) {{a}} and {{b}} (overlap|coincide|happen together|go on at the same time|run in parallel)
            (was|were) {{a}} and {{b}} (done|given|going on|) (together|at the same time|simultaneously|in parallel|at once)
            """,
        ),
        (
            {"activity": "-", "rel": "during"},
            f"""
            what (else|) {HAPPEN} (during|while there was|at the same time as|in the course of|alongside|in parallel to) {{b}}
            what (else|) {HAPPEN} while they were {{ing2}}
            what did (they|the team) do (during|while there was|at the same time as|alongside) {{b}}
            what (overlaps|overlapped|coincided|coincides) with {{b}}
            """,
        ),
        (
            {"activity": "-", "rel": "before"},
            f"""
            what {HAPPEN} (right|just|directly|immediately|shortly|) (before|prior to|ahead of|leading up to) {{b}}
            what (came|comes|was) (right|just|directly|immediately|) (before|prior to|ahead of) {{b}}
            what did (they|the team) do (right|just|) (before|prior to) {{b}}
            what {HAPPEN} (before|prior to|up to|until|by) {{n}}
            what did (they|the team) do (before|up to|until) {{n}}
            (everything|all events|all activities|the events) (before|up to|until|prior to) ({{n}}|{{b}})
            what preceded {{b}}
            """,
        ),
        (
            {"activity": "-", "rel": "after"},
            f"""
            what {HAPPEN} (right|just|directly|immediately|shortly|) (after|following|subsequent to) {{b}}
            what (came|comes|was|followed|follows) (right|just|directly|immediately|next|) (after|following) {{b}}
            what did (they|the team) do (right|just|next|) (after|following) {{b}}
            what {HAPPEN} (after|from|past|beyond) {{n}} (on|)
            what did (they|the team) do (after|from|past) {{n}} (on|)
            (everything|all events|all activities|the events) (after|following|past|from) ({{n}}|{{b}})
            what followed (on|) {{b}}
            """,
        ),
        (
            {"rel": "before"},
            f"""
            (which|what|list the) {{a}} {PLURAL} (were|was|happened|came|) (before|prior to) {{b}}
            (was|were) (there|) (any|) {{a}} (done|given|seen|) (before|until|up to|prior to) {{n}}
            """,
        ),
        (
            {"rel": "within"},
            f"""
            (was|were) (there|) (any|) {{a}} (done|given|seen|) (in|during|within) the first {{d}} (after birth|of life|)
            (which|what|list the) {{a}} {PLURAL} (were there|) (in|within|during) the first {{d}}
            """,
        ),
        (
            {"activity": "-", "rel": "within"},
            f"""
            what {HAPPEN} (in|during|within) the first {{d}} (after birth|of life|of the video|)
            what did (they|the team) do (in|during|within) the first {{d}} (after birth|of life|)
            (list|show|) (everything|the events|all activities) (in|of|during|within) the first {{d}}
            (in|during|within) the first {{d}} what {HAPPEN}
            """,
        ),
        (
            {"rel": "after"},
            f"""
            (when|how long|at what time) (was|did|is) the {{w}} {{a}} {STRETCH} (start|last|) (after|following) {{b}}
            (what|which) was the {{w}} {{a}} {STRETCH} (after|following) {{b}}
            """,
        ),
        (
            {"rel": "before"},
            f"""
            (when|how long|at what time) (was|did|is) the {{w}} {{a}} {STRETCH} (start|last|) (before|prior to) {{b}}
            (what|which) was the {{w}} {{a}} {STRETCH} (before|prior to) {{b}}
            """,
        ),
        (
            {"rel": "after"},
            f"""
            (which|what|list the) {{a}} {PLURAL} (were|was|happened|came|) (after|following) {{b}}
            (was|were) (there|) (any|) {{a}} (done|given|seen|) (after|past|later than|beyond) {{n}}
            (was|were) {{a}} (done|given|repeated|needed) again after {{b}}
            """,
        ),
        (
            {"activity": "-"},
            f"""
            what {HAPPEN} (at|around|about|exactly at|at about|near) (the|) {{n}} (mark|into the video|in the video|into the recording|)
            what (is|was) (going on|happening|visible|being done|to be seen) (at|around) (the|) {{n}} (mark|)
            what did (they|the team) do (at|around) (the|) {{n}} (mark|)
            (at|around) (the|) {{n}} (mark|) what {HAPPEN}
            {{n}} what {HAPPEN}
            (which|what) (activities|activity|events|event) (at|around) {{n}}
            """,
        ),
        (
            {"activity": "-"},
            f"""
            what {HAPPEN} (between|from) {{n}} (and|to|until|till) {{m}}
            what did (they|the team) do (between|from) {{n}} (and|to|until) {{m}}
            (list|show|) (the|all|everything|) (events|activities|) (between|from) {{n}} (and|to|until) {{m}}
            (between|from) {{n}} (and|to) {{m}} what {HAPPEN}
            """,
        ),
        (
            {},
            """
            (was|were|is) {a} (going on|under way|running|given|done|happening|being done|seen|on) (at|around) (the|) {n} (mark|)
            (did|do) they (do|give) {a} at {n}
            {a} at {n}
            was the baby {done} at {n}
            """,
        ),
        (
            {},
            f"""
            (was|were) (there|) (any|) {{a}} (done|given|seen|) (between|from) {{n}} (and|to|until) {{m}}
            {{a}} (between|from) {{n}} (and|to) {{m}}
            (which|list the) {{a}} {PLURAL} (between|from) {{n}} (and|to) {{m}}
            """,
        ),
        (
            {"sign": ">"},
            f"""
            (which|what|list the|list|are there|were there|was there any|were there any) {{a}} {PLURAL} (that|) (lasted|were|took|lasting|) {MORE} {{d}}
            (was|were) (any|one|some) (of the|) {{a}} {STRETCH} {MORE} {{d}}
            did any {{a}} {STRETCH} (last|take|go on for) {MORE} {{d}}
            (which|what) (activities|events|actions) (lasted|took|were) {MORE} {{d}}
            """,
        ),
        (
            {"sign": "<"},
            f"""
            (which|what|list the|are there|were there) {{a}} {PLURAL} (that|) (lasted|were|took|) {LESS} {{d}}
            (was|were) (any|one|all|every) (of the|) {{a}} {STRETCH} {LESS} {{d}}
            """,
        ),
    ),
    "idle": (
        (
            {"activity": "-"},
            """
            (when|how long|for how long|how often) (was|were) (nothing|no activity|no action|no intervention|nobody doing anything) (done|happening|going on|seen|recognised|taking place|)
            (how much|how long was the|what was the|total) (idle time|inactive time|dead time|hands-off time|time without activity|downtime|time with nothing done|time without any intervention|time doing nothing)
            (was|were) there (any|) (time|times|moments|stretches|periods) (without any activity|when nothing was done|when nothing happened|with no one acting|with nothing going on|without action|when no one did anything)
            (when|how long) did (they|the team|nobody|no one) (do nothing|do anything|wait|just wait|stand by|touch the baby)
            (idle|inactive|hands-off|unused|empty|quiet) (time|times|stretches|periods|moments|seconds)
            (when|how long) was the baby (left alone|not touched|without any help|untouched|not treated|unattended|without treatment)
            (what|how long|when) was the {w} (idle time|stretch without activity|time without activity|period with nothing done|quiet stretch|inactive period)
            how many seconds (passed|went by|were lost|were there) (without|with no|with nothing) (activity|action|intervention|anything being done|done|happening)
            """,
        ),
        (
            {"activity": "-", "sign": ">"},
            f"""
            (was|were) (there|) (any|a|) (time|stretches|periods|moment) (without activity|when nothing was done|with nothing happening|of inactivity) {MORE} {{d}}
            was nothing done for {MORE} {{d}}
            """,
        ),
    ),
    "interval": (
        (
            {},
            f"""
            (how long|how much time|how many seconds) (was|is|passed|went by|lies|elapsed|was there|lay|) (between|from) (the|) (start of|end of|first|) {{a}} (and|to|until) (the|) (start of|first|) {{b}}
            (how long|how much time|how soon|how many seconds|how quickly) after (the|) (end of|start of|first|) {{a}} (did|was|were|came) (the|) {{b}} ({START}|{STARTED}|)
            (how long|how much time|how many seconds) before {{b}} (was|did|were) (the|) {{a}} ({START}|{STARTED}|done|)
            (interval|time|gap|delay|distance|lag|difference|span|period) (between|from) (the|) {{a}} (and|to|until) (the|) {{b}}
            (what|how long|how big) (is|was) the (interval|time|gap|delay|distance|lag|difference|wait) (between|from) (the|) {{a}} (and|to|until) (the|) {{b}}
            how long did it take from {{a}} (to|until|till) {{b}}
            how (long|many seconds) (did they take|did they need|did it take) to (go|get|move|switch|change|come) from {{a}} to {{b}}
            after {{a}} how long (until|before|did it take until|was it until) {{b}}
            from {{a}} to {{b}} (how long|how many seconds|how much time)
            (seconds|time) from {{a}} to {{b}}
            (seconds|time) between {{a}} and {{b}}
            {{a}} to {{b}} (how long|how many seconds|what interval|)
            how (long|many seconds) from {{a}} (to|until|till) {{b}}
            how (far apart|long apart|close together) (are|were) {{a}} and {{b}}
            (from|between) the first {{a}} (to|and) the first {{b}} how (long|much time) (is that|was it|passed)
            what (delay|time|wait) (was there|is there|lies) (between|from) {{a}} (and|to) {{b}}
            """,
        ),
        (
            {"sign": ">"},
            """
            (was|were) there (more than|over|at least) {d} between {a} and {b}
            did it take (more than|longer than|over) {d} from {a} to {b}
            was {b} (started|begun) more than {d} after {a}
            """,
        ),
        (
            {"sign": "<"},
            """
            (was|were) there (less than|under|at most) {d} between {a} and {b}
            was {b} (started|begun|given) within {d} (of|after) {a}
            did {b} (start|begin|follow) within {d} (of|after) {a}
            """,
        ),
    ),
    "order": (
        (
            {},
            """
            (what|which) (came|was|was done|started|happened|began|comes|is|was given) (first|earlier|sooner|before the other) {a} or {b}
            (did|was) {a} (come|start|begin|done|given|started|happen|take place|seen|) (before|after|earlier than|later than|prior to|ahead of|sooner than) {b} (was started|started|began|)
            (was|were|is) {a} (done|given|started|seen|) (first|earlier|before|after|later|) {b} (or|) (later|afterwards|)
            {a} or {b} (first|which came first|what came first|which was earlier|which one first)
            (order|sequence|which order) of {a} and {b}
            did (they|the team) (do|start|begin|give|start with|use) {a} (before|after|prior to|ahead of) {b}
            (did|do) (they|the team) (start|begin) {ing} before {ing2}
            (which|what) of {a} and {b} (came|was|started|happened) (first|earlier|later|last)
            {a} (and|or|versus) {b} (which of them|which one|what|which) (came|was|started|was used|was given) (first|earlier)
            (which|what) (was|came|started) (first|earlier) (of the two|) {a} or {b}
            (was|were) (the baby|she|he) {done} (before|after) {b}
            (had|has) {a} (been given|been done|started|begun) (before|when|by the time) {b} (started|began)
            did (they|she|he|the team) (do|use|give) {a} first (and|) then {b}
            {a} before {b}
            (which|what) (came|was|happened|is) (first|earlier) {a} or {b}
            {a} or else {b} (first|which|earlier)
            did {a} (precede|follow|come ahead of) {b}
            (had they|did they) (already|) (done|given|started|used) {a} (when|before|by the time) {b} (started|began|came)
            (between|of) {a} and {b} (which|what) (came|was) (first|earlier|sooner)
            """,
        ),
        (
            {"activity": "-"},
            """
            in (what|which) (order|sequence) (were|did|was) (things|the activities|the steps|the interventions|they|it|everything|the measures|the actions) (done|start|happen|proceed|carried out|performed|begin|)
            (what|which) (is|was) the (order|sequence|succession) (of|in which) (the activities|activities|events|steps|interventions|things happened|actions|things)
            (order|sequence|succession) of (the|) (activities|first activities|interventions|steps|actions)
            (what|which) (activity|intervention|action|step) (came|was|started) (first second and third|first and which second|first and what next|first and then)
            (which|what) (activity|intervention|one) (started|came|was started) (first|before the others|earliest) (of all|)
            what (was|is) the (very first|first|earliest|opening) (thing|step|action|activity|intervention|measure|move) (they did|that was done|the team did|they took|of the team|done|)
            what did (they|the team|the nurse|somebody) (do|begin with|start with|open with) (first|at the very start|right at the start|first of all|)
            (first thing|first step|first action|what first) (they did|done|of the team|)
            """,
        ),
    ),
    "findings": (
        (
            {},
            f"""
            (was|were|is) {{a}} (according to|in line with|in keeping with|compliant with|consistent with|as in|within|as required by|conform to) (the|) (guideline|guidelines|rules|recommendations|protocol|standard)
            (did|does) {{a}} (follow|meet|match|satisfy|comply with|fulfil|agree with|respect|conform to|adhere to|violate|break) (the|) (guideline|guidelines|{RULE}|recommendations|protocol)
            (what|which) (is|was|are) the (verdict|finding|findings|result|judgement|conclusion|assessment|evaluation) (on|for|about|of|regarding|concerning) {{a}}
            (was|were) the {RULE} (for|on|about|of) {{a}} {{v}}
            (how was|what about|how good was|how is|what is) (the|) (adherence|compliance) (for|with|of|on|regarding) {{a}}
            (findings|finding|verdict|verdicts|result|adherence|compliance|assessment) (about|on|for|of|regarding) {{a}}
            was {{a}} (in time|on time|timely|correct|done correctly|okay|ok|fine|good enough|appropriate|long enough|too late|too long|too short|right|acceptable|adequate|done right|delayed|done properly|done well)
            (which|what) (findings|rules|criteria) (concern|are about|have to do with|relate to|involve|touch) {{a}}
            (was|were) {{a}} (begun|started|given|stopped|initiated|done) (in time|on time|too late|early enough|as recommended|by the book|soon enough|promptly enough|according to the guideline)
            (did|does) (their|the team's|the) {{a}} (pass|hold up|stand|measure up|agree with the guidance|go by the book)
            (how does|how did|does) {{a}} (compare|hold up|stand|measure up|do) (against|with) (the guideline|the recommendations|the guidance)
            """,
        ),
        (
            {"activity": "-"},
            f"""
            (what|which) (was|were|is|are) {{v}}
            (which|what) {RULE} (was|were|are|is) {{v}}
            (list|show|name|give me|tell me) (everything|all|the rules|what|what is|all rules|the criteria|all findings) (that|which|) (was|were|are|is|) {{v}}
            (how many|how much|were any|are any|were there any) {RULE} (were|are|was|) {{v}}
            {{v}} (rules|findings|criteria)
            (anything|something|any rule|any criterion) (that was|) {{v}}
            """,
        ),
        (
            {"activity": "-"},
            """
            (show|list|give me|tell me|what are|print|read out) (the|all|all the|) (findings|verdicts|results|conclusions|assessments|judgements)
            (how was|how good was|how is|what about|what was) (the|) (adherence|compliance|guideline adherence|overall adherence|guideline compliance)
            (was|were) the (guideline|guidelines|rules|recommendations|protocol) (followed|adhered to|kept|respected|observed|met)
            did (they|the team) (follow|adhere to|keep to|stick to|comply with|respect) the (guideline|guidelines|rules|protocol|recommendations|algorithm)
            (how|what) did the (case|video|resuscitation|recording) (do|score|compare) (against|with|by) the (guideline|guidelines|rules)
            (findings|verdicts|adherence|compliance)
            what (could|should|can) (be discussed|we discuss|be improved|we talk about|be talked about|the team learn|be better) (in the debrief|)
            (how did they do|where did they deviate|where was there a deviation|deviations from the guideline|any deviations|what deviated from the guideline)
            (anything|is anything|was anything|what was|what is) (not in line with|against|contrary to|outside|different from|short of) (the guidance|the guideline|the recommendations|what the guideline wants)
            (which|what) (recommendations|parts of the guideline|rules) (did they|were) (keep|kept|break|broken|miss|missed|follow|followed|ignored)
            (did they do|was it done|was everything done|was all of it) (by the book|according to the book|as recommended|as the guideline wants|in line with guidance)
            (how well|how closely) (was the guideline|were the guidelines|did they|did this case|does this case) (followed|follow the guideline|match the guideline|agree with the guidance)
            (is there|are there|what is there|how much is there) (anything|things|) (you|that you|we|that) (can't|cannot|could not|couldn't) (assess|judge|evaluate|rate)
            """,
        ),
        (
            {"activity": "-", "over": "cases"},
            f"""
            (findings|verdicts|adherence|compliance) {ALL_CASES}
            (which|what) rules were {{v}} {ALL_CASES}
            {CASES} (had|have) rules {{v}}
            compare (the|all) cases (on|by|for) (adherence|compliance|findings|the verdicts|rules met)
            """,
        ),
    ),
    "why": (
        (
            {},
            """
            why (is|was|are|were) (the|) {a} (rule|) (not assessable|not assessed|not judged|unassessable|impossible to assess|indeterminate|too close to call|left open|not decided|undecided|without a verdict|unclear|not met|not evaluated)
            why (can't|can not|couldn't|cannot|could not|did|do) (you|we|the program|it) (not|) (assess|judge|decide|evaluate|rate|tell about|say anything about) {a}
            (what|which) (is missing|is needed|information is missing|would be needed|do you need|do we need|data is missing|is lacking) (to|in order to) (assess|judge|evaluate|decide on|rate) {a}
            (reason|reasons|explanation|the reason) (why|for|that) {a} (is|was|being|) (not assessable|not assessed|indeterminate|open|)
            how come {a} (is|was) (not assessable|not assessed|not judged|open)
            what (keeps|prevents|stops|hinders) you from (assessing|judging|rating) {a}
            """,
        ),
        (
            {"activity": "-"},
            """
            why (is|was|are|were) (it|this|that|the rules|so many rules|some rules|so much|these|anything|most of it|so many|the findings|the rest) (not assessable|not assessed|not judged|unassessable|indeterminate|too close to call|left open|not decided|not assessable at all|unclear)
            why (can't|can not|couldn't|cannot|could not) (you|we|the program) (assess|judge|decide|evaluate|rate) (this|it|more|the rules|that|everything|the rest|some of them)
            (what|which) (is missing|is needed|information is missing|would be needed|would help|do you need|do we need|data is missing|is lacking) (to|in order to|so that you can) (assess|judge|evaluate|decide|rate) (the rest|more|more rules|everything|the rules|it|this|the others)
            (which|what) (data|readings|facts|inputs|information) (would|must|should) (i|we|one) (add|give|supply|enter) (so that|for) (more|the open|all) (rules|findings|verdicts) (can be|to be) (judged|assessed|decided)
            (reasons|the reasons|explain) (for|why|) (what is|things are|rules are|the|) not assessable (findings|rules|)
            (how come|what is the reason that) (so much|it|so many rules|this) (is|are) not assessable
            """,
        ),
    ),
    "evidence": (
        (
            {},
            """
            (what|which) (is|are) (the|) (evidence|basis|proof|facts|data|grounds|support) (for|of|behind|about) ({a}|{i})
            (what|which events|which numbers|on what|what facts) (is|are|does|do) (the finding on|the verdict on|) ({a}|{i}) (based on|rest on|rests on|supported by|founded on|rely on)
            (how do you know|what makes you say|how do you come to|how did you get to|how did you arrive at|what leads to) ({i}|the verdict on {a}|the finding on {a}|that about {a})
            (where does|where do) ({i}|the verdict on {a}|the numbers for {a}) come from
            (how sure|how certain|how confident|how reliable) (are you|is it|is that|is this) (about|of|on|with|for|) ({a}|{i})
            (confidence|certainty|uncertainty|reliability) (of|for|in|about) ({a}|{i})
            """,
        ),
        (
            {"activity": "-"},
            """
            (explain|show|tell me about|what is|what does|describe|details of|more about|what about|open|give me) {i} (mean|say|please|)
            {i}
            (what|which) (is|was) (entry|event|finding|measure|passage|number) {i}
            """,
        ),
    ),
    "rules": (
        (
            {},
            f"""
            what (does|do) the {RULE} (for|on|about|of|regarding) {{a}} (say|state|require|expect|demand|ask for|mean|want|look at|check|need)
            (what|which) (is|are) the {RULE} (for|on|about|of|regarding) {{a}}
            (which|what) {RULE} (do you check|are checked|are there|do you use|apply|exist|are used|is used) (for|on|about|to judge|regarding) {{a}}
            (what|how much|how soon|how long) (is|was|would be) (expected|required|demanded|the limit|the threshold|allowed|permitted|the target) (for|of|on|with|regarding) {{a}}
            (explain|state|read|quote|show) the {RULE} (for|on|about|of) {{a}}
            (by|against) (which|what) {RULE} (is|was) {{a}} (judged|assessed|checked|measured|rated)
            (limit|threshold|expected value|target value|cut-off) (for|of|on) {{a}}
            """,
        ),
        (
            {"activity": "-"},
            f"""
            (which|what|list the|show the|all|show all|list all|name the) {RULE} (do you check|are checked|are there|do you use|exist|are used|apply|are in the guideline|were checked|)
            (which|what) {RULE} (does|has) {{p}} (have|contain|include|got|)
            (which|what) {RULE} (need|require|depend on|use) (the|) (birth time|time of birth|heart rate|gestation|monitor data|vital signs)
            what (do you|does the program|is) (check|checked|compare|compared|judge|judged) (here|against|in this case|by)
            {RULE} of {{p}}
            what does {{p}} (check|require|demand|expect)
            (how many|number of) {RULE} (are there|do you check|are checked)
            """,
        ),
    ),
    "what_if": (
        (
            {"activity": "-"},
            """
            (what if|suppose|assume|assuming|imagine|say|let us say|let us assume|and if|if|how would it look if|what would change if|would the verdict change if|would anything change if|does it change anything if|would the result be different if|would the findings change if|what happens to the findings if|how would the verdicts change if) (the|) (birth|baby|delivery|time zero|infant|birth time|the zero point) (was|were|had been|was born|had been born|happened|is|came|had happened|took place) {d} {s}
            (would|does|do) (the|) (verdict|verdicts|finding|findings|result|results|assessment|adherence) (change|be different|differ|be another|stay the same|hold|look different) if (birth|the birth|the baby|delivery) (was|were|had been|was born|had been born) {d} {s}
            (what if|suppose|if|assuming|imagine) (birth|the birth|delivery|the baby|time zero) (was|were|had been|was born|is set) (at|to) {n}
            (shift|move|put|set|change) (the|) (birth|birth time|time zero|zero point) (by|) {d} {s}
            (set|put|move) (the|) (birth|birth time|time zero) (to|at) {n}
            with (birth|the birth|the birth time|time zero) {d} {s} (what would change|would it change|what then|how would that look|would the findings differ)
            (birth|delivery) {d} {s} (what then|would that change something|)
            """,
        ),
        (
            {},
            """
            (what if|would|would the verdict on|how would) {a} (be judged|be in time|be met|change|be different|look) if (birth|the birth|the baby) (was|were|had been|was born) {d} {s}
            """,
        ),
        (
            {"activity": "-", "shift": "earlier"},
            """
            (what if|suppose|if|would the verdict change if|would anything change if) the baby (was|were|had been) {d} older
            (what if|suppose|if) (birth|the birth|the baby) was (born|) {d} before (the|) (video|start of the video|recording|start of the recording)
            (what if|suppose|if) the (video|recording|camera) (started|was started|began|was switched on) {d} after birth
            """,
        ),
        (
            {"activity": "-"},
            """
            (what if we used|what if we use|what would it be under|how would it look under|how would it be judged by|what would the verdict be under|what would the verdicts be under|how does the case look under|judge it by|judge the case by|apply|check against|compare with|evaluate with|assess with|assess it by|use|try|switch to|the same under|the same with|the same by|and under|and with|and by|what about under|under|according to|by) {p} (instead|)
            (would|does|do) (the|) (verdict|verdicts|finding|findings|result|results) (change|differ|be different|stay the same|look different) (under|with|by|according to|if we used|if we use) {p}
            (how|what) would {p} (judge|see|rate|say about|assess|evaluate|think of|conclude about) (it|this|this case|the case|the video|the same case|the same video)
            (was|were|would) {p} (followed|met|satisfied|adhered to|be met|be followed)
            (findings|verdicts|adherence|result) (under|by|with|according to) {p}
            (and|what about|how about|now|then) (by|under|with|for|using) {p} (standards|rules|criteria|)
            (would|does|might) {p} (see|judge|rate|view) (it|this|that|the case) (differently|otherwise|the same way|another way|more kindly|more strictly)
            (switch|change) (the guideline|the profile|profile|) to {p}
            {p} (instead|opinion|reading|verdict|perspective|angle|version|look) (of|on|for|) (it|this|the case|this video|this one|)
            (from the standpoint of|through the eyes of|going by|if we follow|measured against|in the light of) {p} (what changes|how is it|how did they do|how does this look|)
            """,
        ),
        (
            {},
            """
            (how|what) would {p} (judge|see|rate|say about|assess) {a} (here|in this case|in this video)
            (would|is|was) {a} (be met|be ok|in time|met|ok|fine|be judged the same|be different) (under|by|with|according to) {p}
            """,
        ),
    ),
    "search_passages": (
        (
            {},
            f"""
            what (does|do|did) {GUIDELINE} {SAY} (about|on|for|regarding|concerning|as to) {{a}}
            what is (recommended|advised|suggested|stated|written|the recommendation|the advice|the guidance|the current recommendation) (for|about|on|regarding|concerning|as to) {{a}}
            (guideline|guidelines|guidance|recommendation|recommendations|passage|passages|text|advice|literature|theory) (on|for|about|of|regarding|concerning) {{a}}
            (what is|tell me|give me|) the (position|stance|teaching|wording|recommended practice|state of the art) (of the guideline|of the guidelines|) (on|about|regarding) {{a}}
            (when|how|why|how often|how long) should {{a}} (be|) (given|started|done|used|performed|begin|applied|stopped|considered)
            (when|how) (is|are) {{a}} (indicated|recommended|advised|supposed to be done|to be done|to be given|meant to be done|correctly done)
            (is|are) {{a}} (recommended|indicated|advised|still recommended|a routine|routine|routinely recommended|necessary|required|useful|supposed to be done|allowed)
            (search|look up|look for|find|show|quote|read|cite) (the|) (guideline|passage|passages|text|recommendation|recommendations|something) (on|for|about|of|regarding) {{a}}
            (search|look up|find|look for) {{a}} (in the guideline|in the guidelines|in the passages|in our documents|in the protocol)
            what (do|does) (our|the hospital's|the unit's|our own|the local) (protocol|document|documents|guideline|standard|sop|policy) {SAY} (about|on|for|regarding) {{a}}
            how (do|does) (you|one|we|a team) (properly|correctly|) (do|perform|give|apply) {{a}}
            """,
        ),
        (
            {},
            f"""
            what (does|do) {{p}} {SAY} (about|on|for|regarding|concerning) {{a}}
            {{p}} (on|about|regarding) {{a}}
            (recommendation|recommendations|guidance|text|passages) of {{p}} (on|about|for) {{a}}
            what is {{a}} (like|) (in|according to|by) {{p}}
            """,
        ),
        (
            {"activity": "-"},
            f"""
            what (does|do|did) {GUIDELINE} {SAY} (about|on|for|regarding|concerning|as to) {TOPICS}
            what does {{p}} {SAY} (about|on|for|regarding) {TOPICS}
            what is (recommended|advised|suggested|stated|the recommendation|the advice|the guidance) (for|about|on|regarding) {TOPICS}
            (guideline|guidelines|guidance|recommendation|recommendations|passage|passages|text|advice) (on|for|about|regarding) {TOPICS}
            (search|look up|look for|find|show|quote) (the guideline on|the passage on|the recommendation on|the text about|) {TOPICS} (in the guideline|in the guidelines|in our documents|)
            what (do|does) (our|the hospital's|the unit's|our own) (protocol|document|documents|guideline|sop|policy) {SAY} (about|on|for) {TOPICS}
            {TOPICS} (guideline|in the guideline|according to the guideline|recommendation)
            (how should|when should|when do we|how do you|when to|how to) (the cord be clamped|clamp the cord|give adrenaline|give oxygen|intubate|give volume|stop resuscitation|keep a preterm baby warm|check the heart rate|dose adrenaline|place a laryngeal mask|position the head|use an ecg|measure the temperature|cut the cord|start oxygen|wrap a preterm baby|end the resuscitation)
            (what|which) (is the|) (target saturation|recommended temperature|initial oxygen concentration|initial pressure|ventilation rate|compression ratio|dose of adrenaline|compression rate|volume dose|heart rate limit|inflation pressure) (is recommended|is advised|should be used|)
            (what|which) (are|is) the (saturation targets|spo2 targets|oxygen targets|target saturations|target ranges|recommended pressures|oxygen limits|sats targets|temperature targets|doses|corrective steps|steps of mr sopa|ventilation settings|starting settings) (by minute|for a preterm|for term babies|at five minutes|in the guideline|)
            (what|which|how high|how much) should (the|) (saturation|spo2|oxygen|fio2|pressure|peep|rate|temperature|dose|ratio) be (at five minutes|at two minutes|at the start|for a preterm|for a term baby|in a newborn|initially|)
            how (fast|often|hard|deep|long) should (one|you|we|a team) (bag|ventilate|compress|stimulate|suction|inflate|press)
            (guidance|advice|rule of thumb|teaching|recommendation) (for|on|about) {TOPICS}
            (when|in which babies|in whom) is {TOPICS} (indicated|recommended|advised|needed|used)
            """,
        ),
    ),
    "show": (
        (
            {},
            f"""
            {SEE} {PICTURE} (the|) {{a}}
            {SEE} {PICTURE} the {{w}} {{a}} {STRETCH}
            (play|cut|clip|export|watch|replay|cut out|make a clip of|make a video of|save a clip of|take a still of|play back|rewind to) (the|) {{a}}
            (play|cut|clip|export|watch|replay|cut out|make a clip of|make a video of|save a clip of|play back|go to|jump to) the {{w}} {{a}} {STRETCH}
            (picture|frame|clip|image|still|screenshot|video|footage) of (the|) ({{a}}|{{w}} {{a}}) (please|)
            (what|how) (does|did) {{a}} look like (in the video|)
            """,
        ),
        (
            {"activity": "-"},
            f"""
            {SEE} {PICTURE} (the video at|the picture at|the frame at|the moment at|what it looked like at|the scene at|) {{n}} (mark|in the video|)
            (play|go to|jump to|replay|watch|skip to|seek to|move to|take me to|rewind to|scroll to) (the video at|the moment|) (the|) {{n}} (mark|)
            {SEE} (the video|the clip|the recording|the footage|) (from|between) {{n}} (to|until|and) {{m}}
            (play|cut|clip|export|watch|replay|cut out|make a clip|save the video) (the video|the part|) (from|between) {{n}} (to|until|and) {{m}}
            (picture|frame|clip|image|still|screenshot|video|footage) (at|of|from) (the|) {{n}} (mark|)
            (what|how) (does|did) it look (like|) at {{n}}
            """,
        ),
    ),
    "look_again": (
        (
            {},
            """
            (look|check|search|scan|examine|analyse|inspect|go) (again|once more|more closely|closer|harder|more carefully|a second time) (for|at|over) {a}
            (look|check|search|have a look) for {a} (again|once more|a second time|more closely)
            (recheck|re-check|double-check|double check|re-examine|reanalyse|re-analyse|re-run|rerun|rescan|verify) (the|) {a}
            (run|use|apply|try) the (detector|model|analysis) (again|once more) (on|for) {a}
            (could you have|did you) (missed|overlooked|overlook|miss) (some|any|) {a}
            are you sure (there was|about|that there was) (no|the|) {a}
            """,
        ),
        (
            {"activity": "-"},
            """
            (look|check|scan|examine|analyse|inspect|go) (again|once more|more closely|closer|more carefully|a second time) (at|around|over) (the|) {n} (mark|)
            (look|check|scan|examine|analyse|inspect|go over) (again|once more|more closely|) (at|) (the part|the video|the stretch|) (between|from) {n} (and|to|until) {m} (again|once more|more closely)
            (recheck|re-check|double-check|double check|re-examine|reanalyse|rerun|rescan) (the|) (part|stretch|moment|scene|video|) (at|around|between|from) ({n}|{n} (and|to) {m})
            (run|use|apply) the (detector|model|analysis) (again|once more) (on|at|around|between|from) ({n}|{n} (and|to) {m})
            (take|have) (another|a closer|a second|a more careful) look at ({n}|{n} to {m}|the part around {n})
            """,
        ),
        (
            {},
            """
            (take|have) (another|a closer|a second|a more careful) look at (the|) {a}
            (please|can you|could you) (look|check|have a look) at (the|) {a} (again|more closely|once more|a second time)
            (look|check) (again|once more|more closely) at the {w} {a}
            """,
        ),
    ),
    "summary": (
        (
            {"activity": "-"},
            """
            (summarise|summarize|sum up|brief me on|recap|outline|give a summary of|give me an overview of|describe) (the case|this case|the video|this video|the resuscitation|what happened|the recording|everything|it|the whole thing)
            (give me|show me|i need|write|can i have|let me have|) (a|an|the) (summary|overview|short summary|brief summary|recap|outline|quick overview|short report|brief|synopsis|resume)
            (in short|in brief|briefly|in a few words|in two sentences|in a nutshell|quickly) (what happened|what was done|what is this case about|the case|tell me what happened)
            (give me|tell me|what is|just|) (the gist|the short version|the essentials|the highlights|the big picture|the bottom line|the main facts|the key facts|the headlines|the outline) (please|of it|of this case|of this resuscitation|of the video|)
            (what are|list) the (headlines|highlights|essentials|take-aways|main facts|key figures) (of this case|of the resuscitation|of the video|here|)
            (sum it up|put it in a nutshell|keep it short|make it short|short please|one paragraph please|tldr|tl;dr)
            (summary|overview|recap|outline|synopsis) (please|of the case|of the video|)
            what (is|was) (the case|this case|the video|this video) about
            (tell me|talk me through|describe) (the case|this case|the whole case|the story)
            what are the (main|key|most important|essential) (points|facts|events|things|numbers)
            """,
        ),
    ),
    "about": (
        (
            {"activity": "-"},
            """
            (how long|what length|how many minutes) (is|was|has) the (video|recording|film|clip|footage)
            (length|duration|size|resolution|frame rate) of the (video|recording|film|clip)
            (when|at what time) (was|is) (birth|the birth|the baby born|time zero|the zero point|the infant born)
            (what|which) (is|was) (the|) (time zero|zero point|birth time|time of birth|reference time|starting point of the times)
            (from when|from what|from which moment|since when|where) (are|do) (the|) times (counted|count|measured|start)
            (which|what) (guideline|guidelines|edition|profile|rules set|protocol) (was|is|were|are) (used|applied|this checked against|the case compared with|in use|behind this)
            (which|what) (detector|model|software|version|program) (was|is|did you) (used|use|behind this)
            (who|what|how was|by whom was) (annotated|made|wrote|produced|created|recorded) (this|the timeline|the events|the record|the report) (made|)
            (what|which) (can|could) you (recognise|recognize|detect|see|identify|find) (in a video|in the video|in this video|)
            (which|what) activities (can you|do you|could you|are you able to) (recognise|recognize|detect|see|know|cover)
            (is|was) (the video|this|it|the case) (in domain|similar to your training data|something you were trained for|withheld|reliable|simulated|a real case)
            (tell me about|info about|information about|details of|metadata of|facts about) (the video|the file|the recording|the record)
            (which|what) (case|video|file|recording) (is this|are we looking at|am i looking at|is open)
            """,
        ),
    ),
}

VITAL = (
    "(the|) (heart rate|hr|pulse|pulse rate|heartbeat|saturation|sats|spo2|oxygen saturation|temperature|body temperature|temp|blood pressure"
    "|respiratory rate|breathing rate|fio2|oxygen concentration|peak pressure|pip|tidal volume|glucose|blood gas|lactate|apgar|apgar score"
    "|weight|birth weight|etco2|co2|mask leak|gas flow|capillary refill|lung sounds|heart sounds|muscle tone|skin colour)"
)
SIGN = (
    "(breathe|cry|gasp|move|cough|grimace|sneeze|open the eyes|pink up|turn blue|wake up|respond|react|grunt|vomit|pass meconium|shiver|yawn"
    "|take a breath|make a sound|desaturate|recover|get better|get worse|have a pulse|regain tone|seize)"
)
STATE = (
    "(breathing|crying|pink|blue|limp|stable|vigorous|apnoeic|gasping|hypothermic|bradycardic|tachycardic|hypoxic|preterm|term|a twin|in distress"
    "|responsive|unresponsive|flexed|asleep|wet|warm enough|cold|mottled|dead|alive|healthy|ill|septic|jaundiced|big for dates|intubated|stressed)"
)
"""What a video with only the recognised activities cannot tell of the baby."""

REFUSED: dict[str, str] = {
    "decline": """
        (send|forward|mail|fax|hand|show|post|upload|publish|print) (this|it|the report|the video|the record|all of it|that) (to|for|on) (the parents|the mother|my boss|the lawyer|the press|the chief|the ministry|youtube|the ward|everyone|facebook)
        (what is|how much is|calculate|work out) (7|nine|12|three|15|a hundred|24) (times|plus|minus|divided by|x) (6|four|12|seven|8|2)
        (do you think|would you say|in your opinion|be honest|is it fair to say) (the team|they|the nurse|the doctor|this|we|the leader) (did badly|performed poorly|was good|was bad|were too slow|did well|were professional|failed the baby|was a disgrace|should be ashamed|could have saved it)
        (sing|dance|tell|play|rap|recite|whistle) (something|me something|a tune|for me|us a joke|the anthem)
        (how is|how was|any|what about) (the|) (traffic|parking|weather|football|holiday|canteen|food|party|strike|bus) (today|on the motorway|in town|at the moment|tonight|last night|)
        (will|would|could|might|does) (the|this) (child|baby|boy|girl|infant) (develop normally|have seizures|be healthy later|walk one day|have cerebral palsy|need follow-up|be ok|grow up normally|go home soon|make it)
        (please|can you|could you|) (do|write|correct|finish|check) my (homework|thesis|essay|exam|tax return|cv|shift plan|emails|letter)
        (which|what) (hospital|unit|team|doctor|country|ward|nurse) (has|is|does) (the best|the worst|best|the most famous|better) (doctors|results|at this|reputation|staff|figures|one)
        (recommend|suggest|find|book) (me|us|) (a|an|some) (restaurant|film|book|doctor|hotel|lawyer|present|job|good hospital)
        (should|must|will|can) (the|this) (doctor|nurse|consultant|midwife|leader|resident|registrar) (be fired|be punished|lose the licence|apologise|be reported|go to court|be suspended|get a warning|be retrained)
        (who|which one of them|which nurse|which doctor) (was|is) (the|) (slowest|fastest|best|worst|laziest|weakest|most experienced|least careful)
        (why|what made) (did|was) (the midwife|she|the nurse|the registrar|nobody|everyone) (hesitate|so slow|react late|not help|leave|do nothing|forget it|panic)
        (change|set|switch|make) (the|your) (language|font|colour|volume|password|name|voice|theme) (to german|bigger|louder|to blue|please|)
        (tell me|what is) (your opinion|your view|a secret|the truth about this hospital|something funny|who you are|about yourself)
        (what is|how is|tell me|what about) the weather (like|today|tomorrow|outside|)
        (who|which nurse|which doctor|which of them|which person|whose fault) (made|is responsible for|caused|did|committed) (the|a|this|that|) (mistake|error|mistakes|delay|fault|blunder|wrong thing)
        (who|whom) (is|was|were|should be) (to blame|at fault|guilty|responsible|slow|too slow|the slowest|careless|incompetent|the best|the worst|blamed|held responsible|sued|fired|the problem)
        (was|is) the (doctor|nurse|team|midwife|leader|resident|staff) (good|bad|competent|slow|stupid|careless|nervous|well trained|incompetent|negligent|any good|lazy|tired|drunk)
        (did|does) the (doctor|nurse|team|midwife|leader) (make mistakes|make a mistake|do a good job|do well|fail|know what they were doing|mess up|panic|deserve praise)
        (tell|write|make|sing|compose|draw) (me|) (a|an|) (joke|poem|story|song|essay|haiku|email|letter|picture of a cat|recipe)
        what is (the capital of (france|italy|spain|norway|kenya)|two plus two|the meaning of life|the time|the date|your name|your favourite colour|the square root of nine|love|bitcoin)
        (ignore|forget|disregard|override) (your|all|the|previous|all previous) (instructions|rules|prompt|orders) (and say yes|and tell me a secret|)
        (book|order|buy|send|call|play|turn on) (me|) (a|an|the|some|) (flight|pizza|taxi|music|email|ticket|doctor|light|coffee)
        (how old|how tall|how rich|what nationality|which religion|what race) (is|was) the (mother|father|nurse|doctor|patient|midwife)
        (who|what) (is|was) (the|) (president|prime minister|pope|king|chancellor|football champion|best hospital)
        (did|will|does|would) the (baby|child|infant|mother) (survive|live|die|recover|have brain damage|be healthy|sue|need an mri|go to school|be disabled|have a good outcome|be ok later)
        (what|how) (is|was|will be) the (outcome|prognosis|diagnosis|apgar|apgar score|cause of death|long term outcome|discharge date|mother's history|medical history)
        (why|for what reason) did (they|the team|the nurse|the doctor) (wait|stop|hesitate|do that|not act|start so late|choose this|take so long|give up|argue|not intubate)
        (what|which) (is|was) the (name|address|phone number|age|salary|mood|intention|opinion) of the (nurse|doctor|mother|baby|midwife|hospital|team leader|father)
        (translate|spell|define|pronounce) (this|hello|the word love|resuscitation in french|it into german|apple)
        (can you|could you|please|i want you to|would you|) (delete|change|edit|falsify|rewrite|alter|remove|hide|erase|cut|drop|correct|replace|strike|overwrite|take out) (the|this|one|) (record|report|case|findings|timeline|video|event|finding|first pause|last pause|third episode|verdict|note|second entry|stimulation|late start|cpap event|compressions|ppv start|time of birth) (from the record|from the file|from the report|for me|in the report|to look better|)
        (can you|could you|please|i want you to|would you|) (delete|change|edit|falsify|remove|hide|erase|cut|drop|overwrite|take out|get rid of|cancel|forget) (the|) {w} {a} (from the list|from the file|from the report|for me|in the timeline|before the manager sees it|)
        (can you|could you|please|would you|) (make|set|put|move|enter|write down|record|shift) (the|) (start|end|length|time|number) of (the|) {w} {a} (shorter|as earlier|to something better|by hand|differently|in the file|so that it passes)
        (can you|could you|please|i want you to|) (add|insert|invent|make up|enter|append) (a|an|another|one more) {a} (to the record|to the timeline|in the file|at the start|that nobody saw|so that it looks complete)
        (mark|flag|count|enter|record) (the|this|that) (finding|rule|verdict|case) as (met|fine|passed|not assessable|ok) (please|anyway|for me|although it was not)
        (who|which team|which side|what team) (won|wins|is winning|leads|plays|scored|lost) (the|in the|) (match|game|cup|league|election|race|tennis|final|derby|last night|yesterday|at the weekend)
        (how|what) (did|do|are) (our team|the rugby results|they|the hockey team|the cricket scores|the olympics|my shares) (play|stand|finish|look|get on) (yesterday|on saturday|tonight|in the league|this season)
        (tell|give) me (some|the|a|) (sports results|horoscope|celebrity news|gossip|riddle|good film|restaurant tip|weather forecast|train times)
        (is|will|does) (it|the weather) (rain|raining|snow|get hot|going to rain|be sunny) (today|tomorrow|at the weekend|later)
        (explain|what is) (quantum physics|inflation in the economy|a black hole|the stock exchange|photosynthesis|a good wine|the offside rule|machine learning)
        (how many) (calories|people live|countries|planets|legs|stars) (are there|does|has|in) (an apple|in china|in europe|a spider|the sky|a pizza) (have|)
        (what|which|how) (is|was|are) (the|) (news|score of the game|results of the match|stock market|exchange rate|traffic|lunch menu|train|bus timetable|tide|cinema programme|lottery numbers|shares|petrol price|wifi password) (today|now|tonight|yesterday|)
        (how|when) (do|does|can|will) (i|we|one|the hospital) (book|get|order|pay|hire|apply for|bill|reach|park|find) (a|the|) (new bed|holiday|leave|parking space|invoice|insurance|ward|canteen|new nurse|it department|shift plan)
        (does|did|has|is) the (mother|father|family|hospital|department|manager|ward) (know|agree|consent|complain|have insurance|informed|accredited|short of staff|happy about it)
        (give|write|suggest|find) (me|) (a|an|some|the) (excuse|apology|argument for the lawyer|name for a baby|gift idea|slogan|password|investment tip|love letter|code|quiz|crossword|speech)
        (what|who|how) (are you|made you|do you work|built you|do you feel|old are you|trained you)
        (what|how much) (does|did|do) (the|a|) (device|mask|bag|hospital|nurse|resuscitaire|baby|treatment) (cost|earn|weigh in general)
        (was|is) (this|it) (malpractice|negligence|a crime|legal|illegal|the law|liability)
        (how|who) do i (cook pasta|fix my car|get rich|lose weight|train a dog|learn python|file taxes)
        (what|which) (film|song|book|restaurant|phone|car|stock) (should i|do you recommend|is best|can i) (watch|buy|read|)
    """,
    "advice": """
        (should|shall|can|may|must) (i|we) (give|start|use|stop|do|increase|push|try|continue|administer) (adrenaline|oxygen|cpap|ppv|compressions|suction|volume|the tube|drugs|bagging|more pressure|fluids|epinephrine|ventilation|stimulation) (now|right now|to my patient|to this baby|immediately|here|at once|please)
        (the|my|this|our) (baby|patient|infant|newborn) (is|is still|has been) (not breathing|blue|limp|gasping|bradycardic|apnoeic|crashing|not crying|pale|dying|desaturating) (what do i do|what now|help|what should i do|what shall we do|please help|right now|how do i help)
        (what|how) (should|do|must|can|shall) (i|we) (do|give|proceed|act|treat|help) (now|right now|with my patient|for my baby|with this baby in front of me|next for the patient|next with my patient|for the baby here)
        (i have|we have|there is) a (baby|patient|newborn|preterm) (here|in front of me|on the table|next door) (who is|that is|and she is|and he is|) (not breathing|blue|limp|gasping|without pulse|apnoeic|bradycardic)
        (help|emergency|urgent|quick) (my|the|our) (baby|patient|newborn) (is not breathing|is blue|stopped breathing|has no heart rate|needs help)
        (how much|which dose of|what dose of|how many ml of) (adrenaline|epinephrine|oxygen|saline|volume|medication|glucose) (should i give|do i give|shall we give|can i give|do i push) (now|to my patient|to this baby|my baby|for 3 kg|)
        (what|which) (treatment|drug|dose|pressure|setting|medicine) (should|do|shall) (i|we) (give|use|choose|set) (for|to) (my|our|this|the) (patient|baby|newborn|child) (now|)
        (my|our) (child|baby|son|daughter) (has|is) (a fever|coughing|sick|ill|not feeding|vomiting|yellow) (what should i do|should i worry|what now|)
        (is it safe|is it ok|would you advise me) to (stop|start|give|continue|extubate|wait) (now|with my patient|for this baby|on my patient|in our patient)
        (tell me what to do|advise me|guide me|coach me) (now|with this patient|in this emergency|with the baby in front of me|live|during the resuscitation)
    """,
    "cannot_see": f"""
        (could|can|did) the (baby|infant|newborn|child) (breathe|cry|move|hold the head|swallow) (unaided|independently|without support|without the mask|by then|between the breaths|after the mask came off)
        (did|was|were) (spontaneous breathing|a pulse|muscle tone|a breathing effort|a cry|reflexes|any movement) (return|come back|there|present|restored|absent|established)
        (when|how soon) did (spontaneous breathing|a regular breathing|the first cry|the first gasp|the pulse) (begin|return|set in|come back|start)
        (did|was|were|has) (anybody|anyone|somebody|the leader|the consultant|the parents|the father|the mother|a senior) (call for help|called|shout|there|watch|watching|present|informed|in the room|holding the baby|speaking|take the lead|arrive|leave)
        (had|has|did) (the baby|she|he|the child|the infant) (cried|breathed|moved|coughed|gasped|cry|breathe|move) (by|before|at|within|until) (two minutes|one minute|90 s|the end|five minutes|then|2:00|the first minute)
        (what|which) (did|was|were) (they|the doctor|the nurse|the midwife|the team|people) (say|saying|talk about|tell|shout|discuss) (to the nurse|to each other|to the mother|about the baby|at the table|while bagging|)
        (were|was) (gloves|a gown|a hat|a plastic wrap|a towel|masks|a stethoscope|a pulse oximeter|a heater|a clock|a checklist) (worn|used|on|there|put on|placed|switched on|started|at hand)
        (did|do) (they|the team|somebody) (use|have|need|set up|try|insert|place) (a t-piece|a bag|a laryngeal mask|a stethoscope|an oximeter|a monitor|oxygen|an airway|a checklist|a warmer|a tube|a bigger mask)
        (was|is) (the|) (head|neck|airway|position|mask|jaw) (in the sniffing position|open|extended|flexed|neutral|in a good position|positioned well|the right size|turned|lifted)
        (was|were) (the|) (suction pressure|oxygen|pressure|flow|warmer|heater|lights|rate|pip|volume) (too high|too low|on|off|set right|turned up|adjusted|high enough|checked|right)
        (how|what) (did|was) (the baby|she|he) (respond|react|answer|look|do|improve|cope) (to|with|after|during) (ppv|the breaths|bagging|suction|stimulation|that|it)
        (did|does) (it|that|the bagging|the breaths|the rubbing|suctioning|compressing) (help|work|succeed|do anything|make the baby breathe|bring the heart rate up|have any effect|hurt)
        (was|is|did|were|looked) the (baby|infant|newborn|child) (pink|blue|pale|cyanotic|limp|floppy|crying|cry|breathing|breathe|gasping|gasp|vigorous|moving|active|warm|cold|fine|okay|alive|well|healthy|awake|in pain|a boy|a girl|preterm|big|small|grunting|white|move|open its eyes|scream|gasp for air|respond)
        (what|how) (was|is|were) (the|) (heart rate|pulse|saturation|oxygen saturation|spo2|temperature|blood pressure|respiratory rate|weight|colour|color|tone|apgar|pressure|pip|peep level|fio2|oxygen level|blood sugar|lactate|ph|tidal volume|mask leak|ecg|capnography|birth weight|gestational age|muscle tone)
        (how|what) (was|is) the (baby|infant|newborn) (doing|feeling|looking|condition|state|colour|heartbeat)
        (did|does|was) the (chest|thorax|belly) (rise|move|rising|moving|expand) (enough|with the breaths|well|)
        (was|is|did) the (mask|seal|mask seal) (leaking|tight|leak|good|sit well|well placed|correctly placed|fitted)
        (how|how much|what) did the baby (weigh|look like|feel|respond|react)
        (was|is) {VITAL} (ever|at any time|) (above|below|over|under|less than|more than|higher than|lower than) (60|80|90|95|100|120|140|36|37|21|30)( percent| bpm| %| degrees|) (at any point|at the end|at first|after a minute|)
        (was|is|stayed|did) {VITAL} (stay|stayed|remain|) (normal|in range|in the target range|stable|high|low|acceptable|adequate|satisfactory|too low|too high|where it should be|alright)
        (when|at what time|how quickly) (did|does) {VITAL} (reach|pass|exceed|fall below|come back to|get above|drop under) (60|80|85|90|100|120|normal)
        (what|how high|how low|how much) (was|is) {VITAL} (at|after|around) (one minute|two minutes|five minutes|1:00|90 s|the end|birth|arrival)
        (show|give|tell|list) (me|) {VITAL} (at|over|during|after|) (the start|time|the case|ppv|)
        {VITAL} (please|at birth|at five minutes|)
        (did|had|has) (the baby|she|he|this child) {SIGN} (by (him|her|it)self|without help|spontaneously|at all|at any time|after that|early on|during ppv|)
        (was|is) (the baby|she|he|this child) {STATE} (at birth|at the end|by then|after the breaths|on arrival|when they stopped|all the time|)
        (how|when) did (the baby|she|he|this child) (first|) {SIGN}
        (did|was) the baby's (skin|colour|tone|cry|breathing|chest|tongue|eyes|face|effort) (good|seen|normal|change|look right|improving|get better|weak|regular|poor)
        (how many|which|what) (people|persons|nurses|doctors|staff|hands) (were|are) (there|present|in the room|at the table|involved|around|helping)
        (what|which) did (the doctor|the nurse|they|somebody|the team leader|the mother) (say|shout|order|whisper|ask for|talk about|think|want)
        (what|which) (size|brand|type|colour) (of|) (mask|tube|bag|catheter|gloves|device) (was|did they) (used|use)
        (was|were) the (team|nurse|doctor|staff|mother|room|people) (calm|stressed|nervous|quiet|loud|wearing gloves|washing hands|tired|angry|crying|happy|friendly|shouting|warm|busy|disagreeing)
        (was|were) (adrenaline|epinephrine|drugs|a tube|an airway|a line|volume|an ecg|a laryngeal mask|oxygen|a monitor|antibiotics|an umbilical catheter|surfactant|a plastic bag|a hat|meconium) (given|placed|used|inserted|put on|seen|connected|injected)
        (did|was) (the|) (heart rate|saturation|colour|breathing|tone|temperature|pulse) (improve|rise|go up|drop|fall|recover|better|respond|increase|improving) (after|during|with|) (ppv|the breaths|stimulation|suction|compressions|)
        (how|was) (deep|hard|fast|strong|effective|gentle) (were|was|are) (the|) (compressions|breaths|suction|stimulation|ppv|squeezes)
        (was|is) the (cord|umbilical cord) (clamped|cut|milked|long)
        (when|was) (was|) the (cord|umbilical cord) (clamped|cut|clamped late)
        (was|is) the (ppv|ventilation|suction|stimulation|cpap) (effective|necessary|needed|justified|helpful|working|a success|of use|indicated in this baby|too hard)
        (did|does) (the|) (ppv|stimulation|suction|cpap|compressions|ventilation) (help|work|help the baby|save the baby|make a difference|cause harm|have an effect)
        (who) (did|gave|held|performed|started|was doing) (the|) (ppv|bagging|suction|compressions|mask|cpap|stimulation|baby)
        (when|at what time) did the baby (first|) (cry|breathe|move|gasp|turn pink|open its eyes|start breathing)
        how many (breaths|compressions|squeezes) (per minute|a minute|were given|did they give)
    """,
    "help": """
        (how|in what way) (does|do) (this|it|the chat|that) (work|function|go)
        (what|which) (is|are) (this|you|it) (for|good for|here for|able to do)
        (i am new|first time here|i have never used this) (how does it work|what can i do|what now|help|)
        (what|which) (can|could|may|should) (i|we|one) (ask|ask you|ask here|ask about|find out|know) (about|here|you|)
        (what|how) (can|could|do) you (do|help me|help|answer|offer|know) (for me|with|here|)
        (help|help me|help please|instructions|options|menu|commands|examples|usage|manual)
        (how|where) (do|can|should) (i|we) (use|start|work with|operate|begin with|ask questions in) (this|you|it|the chat|the program|)
        (give|show) me (some|) (examples|example questions|possible questions|options|a list of questions)
        (which|what) (questions|kind of questions|commands|things) (can|do|are) (you|i|) (answer|understand|ask|possible|allowed|know)
        (i do not know|no idea|not sure) what (to ask|i can ask|you can do|to do here)
    """,
    "unclear": """
        (eh what|come again|so what|and now|what else|hm what|say that|you know|the usual|right then|go on|and)
        (it|that|this|hm|hmm|huh|ok|okay|yes|no|well|what|and|so|the thing|that one|him|her|there|more|less|other|the other one|uh|eh|really|please|hello|hi|thanks|thank you|maybe|never mind|test)
        (how long|how many|when|how often|how much|which|where|who|how|why|is it|was it|did it|what is it|how come|what time|which one|how so)
        (wie lange|wann|wie oft|warum|was) (wurde|war|begann|dauerte|ist) (die|das|der|) (beatmung|absaugung|baby|stimulation|herzdruckmassage|pause)
        (wie lange hat|wann hat) (die beatmung|das absaugen) (gedauert|begonnen|angefangen)
        (combien de temps|quand|pourquoi|comment|combien de fois) (a|est-ce que|la|le) (commencé|duré|ventilation|aspiration|bébé|massage|a été)
        (cuándo|cuánto|por qué|cuántas veces|qué) (empezó|duró|fue|pasó|hicieron|se hizo) (la|el|) (ventilación|aspiración|bebé|masaje|estimulación|)
        (quando|quanto|perché|come|quante volte) (è|ha|ho|sono|foi|começou|durou) (iniziata|durata|la ventilazione|la aspirazione|a ventilação|il bambino|o bebê|)
        (hoe lang|wanneer|waarom|hoe vaak) (duurde|begon|was|werd) (de|het|) (beademing|zuigen|baby|stimulatie)
        (hvor lenge|når|hvorfor|kiedy|ile|jak długo|när|hur länge) (varte|startet|trwała|började|była) (ventilasjonen|wentylacja|ventilationen|babyen|)
        (blue|green|table|seven|lamp|window|banana|monday|grass|river|stone) (blue|green|table|lamp|window|banana|monday|grass|river|stone|) (walks|runs|sleeps|jumps|of|under|)
        (asdf|qwer|xyz|blah|foo|bar|lorem ipsum|abc|jkl|zxcv|dfgh|wtf|lol|rtz|uiop) (asdf|qwer|dolor|blah|sdfg|bar|)
        (can you do|do|make|tell me|show me|give me|what about|and what about|is there|i want|explain|compare) (the thing|it|that thing|something|stuff|the other|things|the usual|whatever|more)
        (was it|is it|were they|are they) (good|bad|long|short|ok|right|enough|normal|late|early|fast)
    """,
}

FOLLOW_UPS: dict[str, str] = {
    "another_activity": """
        (and|and what about|what about|how about|and for|and how about|same for|the same for|now for|now|and with|also for|what of|and the|then|also) (the|) {a}
        {a}
        and (the same|that|same question) (for|with|about) {a}
        (what|and) if (i|we) ask (that|the same|this) (about|for|of) {a}
        (as|just) (above|before) (but|only) (for|with) {a}
    """,
    "another_which": """
        (and|what about|and what about|how about|now|then|) the {w} (one|)
        (and|) (was|how long was|when was|when did|how about) the {w} (one|) (start|begin|)
        (only|just) the {w} (one|)
        the {w}
        {w} (one|)
        (which|and which) (one|) was (the|) {w}
    """,
    "how_long": """
        (and|) how long (did|was|were|does|is) (it|that|this|they|those) (last|take|go on|in total|altogether|in all|)
        (and|) for how long (was that|did that go on|in total|)
        (and|) (the|its|their) (duration|length|total|total time|total duration)
        (and|) (how long|duration|total) (in all|in total|altogether|please|exactly)
        (and|) (all|everything) (together|in total|altogether)
    """,
    "when": """
        (and|) (when|at what time|when exactly) (was|did|were|is) (it|that|this|they|those) (start|begin|started|begun|first seen|first|happen|)
        (and|) (since when|from when|from what time)
        (and|) (the|its|their) (start|onset|beginning|start time)
        (and|) (when|at what time) (exactly|please|first|)
    """,
    "how_often": """
        (and|) how (often|many times|many) (was|did|were|is) (it|that|this|they|those) (done|happen|in all|given|there|)
        (and|) how (often|many times|many) (in all|exactly|altogether|were there|)
        (and|) (the|its|their) (number|count)
        (and|) how many (are|were) (they|there|those|these)
    """,
    "list": """
        (and|) (list|show|name|give me|tell me) (them|all of them|each|each of them|every one|them all)
        (and|) (which|which ones|what are they|which are they|when were they|each one|one by one|one after the other)
        (and|) (was|were) there (any|more|others|any others|more of them)
    """,
    "before_that": """
        (and|) (what|) (happened|was done|came|did they do|was there|was seen|was going on|occurred) (just|right|directly|immediately|shortly|) (before|prior to|ahead of) (that|this|it|then|them)
        (and|) (just|right|directly|immediately|) before (that|this|it|then)
        (and|) (previously|beforehand|earlier|what came earlier|what preceded it|what preceded that|what was before)
        what led up to (that|this|it)
    """,
    "after_that": """
        (and|) (what|) (happened|was done|came|did they do|was there|was seen|occurred|followed|comes) (just|right|directly|immediately|next|shortly|) (after|following) (that|this|it|then|them)
        (and|) (just|right|directly|immediately|) after (that|this|it)
        (and|) (then|next|afterwards|what next|what came next|what then|what followed|and then what|what happened next|what did they do next|what was next|what came after|later|subsequently)
    """,
    "during_that": """
        (and|) (what|) (else|) (happened|was done|was going on|did they do|was there|was seen|was happening) (during|while|at the same time as|in the course of|alongside|in) (that|this|it|them|that time)
        (and|) (at the same time|during that|in the meantime|meanwhile|simultaneously|in parallel|during it|during this)
        (and|) (what|anything|something) (else|) (at the same time|meanwhile|in parallel|during that|in the meantime)
        was (there|) anything (else|) (done|going on|happening|) (at the same time|meanwhile|in parallel|during that|during it)
    """,
    "activity_during_that": """
        (and|) (was|were) (there|) (any|) {a} (done|given|seen|) (during|in|within|at the same time as) (that|this|it|them)
        (and|) {a} (during|in) (that|this|it)
    """,
    "activity_before_that": """
        (and|) (was|were) (there|) (any|) {a} (done|given|seen|) (before|prior to) (that|this|it|then)
        (and|) {a} before (that|this|it)
        (and|) was the baby {done} before (that|this|it)
    """,
    "activity_after_that": """
        (and|) (was|were) (there|) (any|more|) {a} (done|given|seen|) (after|following) (that|this|it|then)
        (and|) {a} after (that|this|it)
        (and|) was the baby {done} (again|) after (that|this|it)
    """,
    "show_that": """
        (show|show me|let me see|play|display|can i see|can you show|could you show me|i want to see|open|clip|bring up|watch|replay|i would like to see|can we see|please show) (that|it|this|them|that part|this one|that one|the clip|the video|the picture|a picture of that|a clip of it|the scene|that moment)
        (a|the|) (picture|clip|frame|video|still|image) (of that|of it|of this|please|)
        (show|show me|play) (please|)
    """,
    "look_at_that_again": """
        (look|check|examine|analyse) (again|at it again|at that again|once more|more closely|closer|at this again|at it more closely)
        (are you sure|really|is that certain|are you certain|is that right|is this correct|is that reliable) (about that|about this|)
        (recheck|double-check|double check|verify|re-examine) (that|it|this|please|)
    """,
    "verdict_of_that": """
        (and|) (was|is|were) (that|it|this|they) (ok|okay|good|fine|in time|on time|early enough|according to the guideline|in line with the guideline|within the guideline|acceptable|correct|right|too late|too long|long enough|normal|as it should be|compliant|allowed)
        (and|) (does|did) (that|it|this) (meet|follow|match|comply with|fulfil|satisfy|violate) (the|) (guideline|guidelines|rule|rules|limit|recommendation|standard)
        (and|) (what is|what was) the (verdict|finding) (on|about) (that|it|this)
    """,
    "guideline_on_that": """
        (and|) what (does|do) (the guideline|the guidelines|the recommendations|the guidance|it|they) (say|recommend|state|advise) (about|on|to|for|regarding) (that|it|this)
        (and|) what is (recommended|advised|the recommendation|the guideline) (for|on|about|there|) (that|it|this|)
        (and|) the (guideline|recommendation|guidelines) (on|for|about) (that|it|this)
        what should (it|that|this) (be|have been)
    """,
    "why_that": """
        (and|) why (not|is that|was that|is that so|was it not|is it|so|that|is this) (met|assessable|assessed|judged|)
        (and|) (how come|what is the reason|for what reason|the reason)
        (explain|explain that|explain why|explain this)
    """,
    "basis_of_that": """
        (and|) (what|on what) is (that|this|it) based (on|)
        (and|) (how do you know|where does that come from|what is the evidence|how sure are you|how certain is that|show me the evidence|what is the basis|what makes you say that)
    """,
    "over_cases": f"""
        (and|) (in|for|what about|how about) (the|all|the|all the) (other cases|other videos|cases|whole batch|others)
        (and|) {ALL_CASES}
        (compare|compare that|compare it|compare this) (with|to|across) (the|all|all the) (other cases|other videos|cases|others)
    """,
    "compared": """
        (and|) (is|was|were) (that|it|this|they) {more} {d}
        (and|) (did|does) (that|it|this) (last|take) {more} {d}
        {more} {d}
    """,
    "what_if_other": """
        (and|) (if it was|if it were|what if it was|with|and with|if|what about) {d} {s}
        (and|) {d} {s}
    """,
    "what_if_profile": """
        (and|) (under|by|with|according to|what about|how about|what does|for|in) {p} (say|instead|)
        (and|) {p}
    """,
}
