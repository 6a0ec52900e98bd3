"""Ways to ask for a number of the record: when, how often, how long, which part, and the pauses. For `chat_data`."""

from chat_words import ALL_CASES, CASES, LESS, MORE, PAUSE, PAUSES, PLURAL, SOMEBODY, START, STARTED, WHEN

Form = tuple[dict[str, str], str]
"""Fields that all questions of the form set, and a pattern a line. `activity: -` is none, `only` limits the activities."""

MEASURED: dict[str, tuple[Form, ...]] = {
    "time_to_first": (
        (
            {},
            f"""
            {WHEN} (did|does) (the|) {{a}} {START}
            {WHEN} (was|is) (the|) {{a}} {STARTED}
            {WHEN} (did they|did the team|did the staff|do they|did someone|did the nurse|did the doctor) (start|begin|first start|commence) (with|) {{ing}}
            {WHEN} was the (baby|infant|newborn|child) first {{done}}
            {WHEN} was the first {{a}} (given|done|seen|)
            (how soon|how quickly|how fast|how promptly|how rapidly|how long after birth|how long after delivery|how many seconds after birth|how long after arrival|how late) (did|was|were) (the|) {{a}} ({START}|{STARTED}|)
            (how soon|how quickly|how long after birth) did they (start|begin|get to) {{ing}}
            {WHEN} (did|do|does) {SOMEBODY} (first|start to|begin to|) {{do}} (first|for the first time|)
            (time|the time|seconds|delay|latency|interval) (to|until|before|up to) (the|) (first|start of|onset of|beginning of|) {{a}}
            (what|how long) was the (time|delay|latency|interval|wait) (to|until|before|from birth to|from delivery to) (the|) (first|start of|onset of|) {{a}}
            how long (until|before|did it take until|did it take before|did it take to start|was it until|till|passed before|passed until|did they wait before|did the baby wait for) {{a}} (started|began|was given|was started|)
            (start|onset|beginning|start time|starting time|first sign|first time|first appearance) of {{a}}
            (first|initial) {{a}} (at what time|when|at)
            {{a}} (start|onset|start time|when|first when|begins when|started when|since when)
            (do|can) (we|you) (first see|see first|tell when we first see) {{a}}
            when do (we|you) (first|) see {{a}} (start|for the first time|first)
            how (many seconds|much time|long) (elapsed|passed|went by|did it take|was it) (before|until) {{a}} (began|started|was begun|was started)
            (tell me|state|give|note) the (start|onset|starting time|beginning) of {{a}}
            (from when|since when|from what time|from which moment) (was|were|is) {{a}} (given|done|seen|used)
            (when|at what time) (was|is) {{a}} (seen|noted|recognised|observed|recorded) (first|for the first time)
            how (long|many seconds) (till|until|before) (the baby|she|he|they|the child) (got|had|received|is given|gets) {{a}}
            when (does|did) (the baby|she|he|the child) (first|) (get|receive|have|need) {{a}} (first|for the first time|)
            (when|at what second) is (she|he|the baby|the child) (first|) (being|) {{done}} (first|for the first time|)
            when does (somebody|someone|the team|one) (first|) (use|apply|give|reach for) {{a}} (first|for the first time|)
            {{a}} (was|is) first (seen|done|given|used) (when|at what time)
            (delay|wait|lag|time gone|time lost|how much delay|how big a delay) (until|before|till|to) (the|) (first|start of|) {{a}}
            (how soon|how quickly|how fast) (after birth|after arrival|after delivery|) (was|were) (the|) {{a}} (in place|under way|running|going|on)
            (at which second|in which second|in which minute|at how many seconds) (did|was|were) (the|) {{a}} (get underway|get started|set in|started|first there|begin|on)
            (when|at what time) did {{a}} (kick in|come in|come on|come into play|take off|set off)
            (first|the first|very first) {{a}} (was at|is at|came at|at) (what|which) (time|second|moment)
            how long (before|until) (anybody|anyone|somebody|someone|they|the team) (began|started|got round to|thought of|turned to) {{ing}}
            (how many seconds|how long|what time) (to|until) {{a}} (on|in place|started|)
            """,
        ),
        (
            {"activity": "baby_visible"},
            """
            (when|at what time) (did|does) the (baby|infant|newborn|child) (arrive|come|appear|come into view|come into the picture|get to the table|reach the table|reach the resuscitaire|come onto the warmer|enter the picture)
            (when|at what time) was the (baby|infant|newborn|child) (first seen|placed on the table|put on the table|put down|brought in|laid on the resuscitaire|put on the warmer|first visible|first in view|brought to the table)
            (when|at what time) do we (first|) see the (baby|infant|newborn) (first|for the first time|)
            (arrival|arrival time|time of arrival) of the (baby|infant|newborn)
            """,
        ),
        (
            {"sign": "<"},
            """
            (was|were|is) {a} (started|begun|given|initiated|commenced|on) (within|before|in under|in less than|inside|by|in the first|no later than|not later than) {d}
            did (they|the team|the nurse) (start|begin) {ing} (within|before|in under|in less than|inside|by|in the first) {d}
            did {a} (start|begin|commence) (within|before|in under|in less than|inside|by|in the first|no later than) {d}
            was {a} (in time|early enough|fast enough) for (the|a) {d} (limit|target|mark)
            """,
        ),
        (
            {"sign": ">"},
            """
            (was|were|is) {a} (started|begun|given|initiated) (later than|after more than|only after|more than|beyond) {d}
            did {a} (start|begin|commence) (later than|after more than|only after|more than|beyond) {d} (after birth|)
            did it take (more than|longer than|over) {d} (until|before|to) {a} (started|began|)
            did (they|the team) (need|take|wait) (more than|longer than|over) {d} (before|until) {ing}
            """,
        ),
        (
            {"over": "cases"},
            f"""
            {ALL_CASES} when did {{a}} (start|begin)
            when did {{a}} (start|begin) {ALL_CASES}
            compare (the cases|all cases|the videos|the batch) (on|by|for|with regard to) (the time to|the start of|the onset of) {{a}}
            (time to|start of|onset of) {{a}} {ALL_CASES}
            """,
        ),
        (
            {"over": "cases", "sign": ">"},
            f"""
            {CASES} did {{a}} (start|begin|commence) (later than|after more than|after|only after) {{d}}
            {CASES} was {{a}} (started|begun) (later than|after more than|after|only after) {{d}}
            {CASES} (had|have|show) {{a}} (later than|after|starting after|beginning after|starting later than) {{d}}
            """,
        ),
        (
            {"over": "cases", "sign": "<"},
            f"""
            {CASES} did {{a}} (start|begin|commence) (within|before|in less than|earlier than|in under) {{d}}
            {CASES} (was|were) {{a}} (started|begun) (within|before|in less than|earlier than) {{d}}
            {CASES} (had|have) {{a}} (within|before|earlier than|in under) {{d}}
            """,
        ),
    ),
    "count_events": (
        (
            {},
            f"""
            how (many times|often|frequently) (was|were) {{a}} (done|performed|given|used|seen|needed|repeated|applied|carried out|)
            how (many times|often|frequently) did (they|the team|somebody|the nurse|the doctor) (do|give|use|repeat|perform|apply|need) {{a}}
            how (many times|often) (was|is) the (baby|infant|newborn|child) {{done}}
            how (many times|often) (did|does) {{a}} (happen|occur|take place|come up|start|appear|get repeated)
            how many {{a}} {PLURAL} (are there|were there|do we have|can be seen|did you find|were seen|are recorded|in all|)
            how many {PLURAL} of {{a}} (are there|were there|do we have|can be seen|did you find|were seen|are recorded|)
            (number|count|total number|tally|frequency) of {{a}} ({PLURAL}|)
            (count|count up|add up|tell me the number of) (the|all|) {{a}} ({PLURAL}|)
            {{a}} (how many times|how often|number of times|count|frequency)
            (on how many occasions|in how many stretches|over how many episodes|in how many rounds) (was|were) {{a}} (done|given|seen|)
            what (is|was) the (number|count|frequency) of {{a}} ({PLURAL}|)
            how (many times|often) did we see {{a}}
            (how often|how many times) (did|do|does) {SOMEBODY} {{do}} (in all|altogether|)
            how many separate {{a}} ({PLURAL}|) (were there|are there|)
            (number|count|tally|frequency) of {{a}} ({PLURAL}|passes|goes|)
            {{a}} (how many times|how often|how many|number of times|number) (in all|altogether|)
            how (many|often) {{a}} ({PLURAL}|passes|goes) (did you count|did you find|are in the record|can be seen|took place|were recorded|were needed)
            {{a}} was (done|given|used|applied|repeated|needed) how (often|many times)
            how (frequently|many times) was {{a}} (done|given|used|repeated|attempted|tried)
            (into how many|in how many) (parts|pieces|stretches|episodes|goes) was {{a}} (split|divided|broken up|done|given)
            (count|count up|tally) (the|all|) {{a}} (for me|please|{PLURAL}|)
            how (many times|often) (did they|did the team) (go back to|return to|come back to|resort to) {{ing}}
            """,
        ),
        (
            {"sign": ">"},
            f"""
            (was|were) {{a}} (done|given|seen|repeated|performed|used) (more than|over|at least) {{k}} times
            (were there|are there|did you find) (more than|over|at least) {{k}} {{a}} {PLURAL}
            did they (do|use|need|repeat) {{a}} (more than|over|at least) {{k}} times
            """,
        ),
        (
            {"sign": "<"},
            f"""
            (was|were) {{a}} (done|given|seen|repeated|performed) (less than|fewer than|at most|no more than) {{k}} times
            (were there|are there) (less than|fewer than|at most|no more than) {{k}} {{a}} {PLURAL}
            """,
        ),
        (
            {"rel": "before"},
            f"""
            how (many times|often) (was|were) {{a}} (done|given|seen|used|) (before|prior to|ahead of) {{b}}
            how many {{a}} {PLURAL} (were there|) (before|prior to) {{b}}
            """,
        ),
        (
            {"rel": "within"},
            f"""
            how (many times|often) was {{a}} (done|given|seen|) (in|during|within|over) the first {{d}} (after birth|of life|of the video|)
            how many {{a}} {PLURAL} (were there|fell|were seen|) (in|during|within|into) the first {{d}}
            (in|during|within) the first {{d}} how (often|many times) was {{a}} (done|given|)
            """,
        ),
        (
            {"rel": "after"},
            f"""
            how (many times|often) (was|were) {{a}} (done|given|seen|used|) (after|following|once they had started) {{b}}
            how many {{a}} {PLURAL} (were there|) (after|following) {{b}}
            how (many times|often) was {{a}} (done|given|) (after|past|from) {{n}} (on|)
            """,
        ),
        (
            {"rel": "during"},
            f"""
            how (many times|often) (was|were) {{a}} (done|given|seen|used|) (during|while|in the course of|at the same time as) {{b}}
            how many {{a}} {PLURAL} (were there|) (during|while there was) {{b}}
            """,
        ),
        (
            {},
            f"""
            how (many times|often) was {{a}} (done|given|seen|) (between|from) {{n}} (and|to|until) {{m}}
            how many {{a}} {PLURAL} (were there|) (between|from) {{n}} (and|to) {{m}}
            """,
        ),
        (
            {"over": "cases"},
            f"""
            how (many times|often) was {{a}} (done|given|) {ALL_CASES}
            number of {{a}} {PLURAL} {ALL_CASES}
            {CASES} (had|have|show|contain|include|needed) (any|) {{a}}
            {CASES} was {{a}} (done|given|seen|used|needed|performed)
            """,
        ),
        (
            {"over": "cases", "sign": ">"},
            f"""
            {CASES} (had|have|show) (more than|over|at least) {{k}} {{a}} {PLURAL}
            {CASES} was {{a}} (done|given) (more than|over|at least) {{k}} times
            """,
        ),
    ),
    "total_time": (
        (
            {},
            f"""
            (for how long|how long) (did|do|does) {SOMEBODY} {{do}} (in all|altogether|in total|)
            """,
        ),
        (
            {},
            """
            how long did (the|) {a} (last|go on|take|continue|run|last in total|last altogether|go on for|last overall|last in all|last for)
            how long (was|were) {a} (given|done|performed|used|applied|seen|continued|going on|in total|altogether|carried on|kept up|)
            (for how long|how long) was the (baby|infant|newborn|child) {done} (in total|altogether|in all|overall|)
            (for how long|how long) did (they|the team|the nurse|somebody) (do|give|use|keep up|perform|apply|continue) {a} (in total|altogether|in all|)
            (how much time|how many seconds|how many minutes) (did they spend|was spent|did the team spend|went|was used|were used|in total were spent) (on|for|with) {a}
            how long (did they spend|was spent|did the team spend|was taken up by) (on|with|) {ing} (in total|altogether|)
            how (much|many seconds of|many minutes of) {a} (was there|was given|in all|in total|altogether|was done|did the baby get|did the baby receive|)
            (total|total time|total duration|duration|overall duration|length|sum|cumulative time|accumulated time|total length|overall time|the total|combined duration) (of|for) {a}
            what (is|was) the (total|total time|duration|overall duration|length|cumulative time|total length|total amount) of {a}
            {a} (total|duration|total time|in total|how long|altogether how long|total duration)
            (sum up|add up|add together) (all|the|) (time|seconds|duration) of {a}
            (adding|putting) (it|all|everything) (up|together) how long was {a}
            (all|all the) {a} (added up|together|summed|taken together) (is how long|how long is that|makes how much|)
            (sum|total) of (all|all the|) {a} (please|)
            how (much|long) is {a} (over|summed over|in) the (whole|entire) (video|recording|case)
            for how (long|many seconds) (was|were) {a} (done|given|performed|kept up) (in all|in total|altogether|)
            {a} (how many seconds|seconds in total|overall|altogether)
            how long (all in all|altogether|overall|in total) (was|were) {a} (given|done|)
            (altogether|overall|all told|in sum|in total|taken together) how (long|many seconds|much) (was|of|was there of) {a}
            how long (was|were) {a} (given|done|used|kept up|) (all told|in sum|if you add it up|over the whole case)
            (cumulative|total|summed|overall|net) {a} (time|duration|seconds|minutes)
            (what does|what do) (all|all the|the) {a} (add up to|come to|sum to|amount to)
            (for how many seconds|for how many minutes|how many seconds) (was|were) (the baby|she|he|the child) {done} (in all|all told|)
            {a} (lasted|went on|took) how long (in all|altogether|all told|overall)
            what (amount|length) of time (was|went into|was taken by|did they give to) {a}
            """,
        ),
        (
            {"activity": "baby_visible"},
            """
            (for how long|how long) (was|is) the (baby|infant|newborn) (in view|visible|on camera|in the picture|on the table|seen)
            how (much of the video|long) shows the (baby|infant|newborn)
            """,
        ),
        (
            {"sign": ">"},
            f"""
            (did|does) {{a}} (last|go on|take|run|continue) (for|) {MORE} {{d}} (in total|altogether|)
            was {{a}} (given|done|performed|applied|kept up) (for|) {MORE} {{d}}
            was there {MORE} {{d}} of {{a}}
            was the (total|total time|total duration|duration) of {{a}} {MORE} {{d}}
            did they spend {MORE} {{d}} on {{a}}
            was the baby {{done}} for {MORE} {{d}}
            """,
        ),
        (
            {"sign": "<"},
            f"""
            (did|does) {{a}} (last|go on|take|run|stay) (for|) {LESS} {{d}} (in total|altogether|)
            was {{a}} (given|done|performed|applied) (for|) {LESS} {{d}}
            was there {LESS} {{d}} of {{a}}
            was the (total|total time|duration) of {{a}} {LESS} {{d}}
            """,
        ),
        (
            {"rel": "before"},
            """
            how (long|many seconds|much) (was|were|did they give|did they do) {a} (done|given|) (before|prior to) {b}
            how much {a} (was there|was given|) (before|prior to|ahead of) {b}
            """,
        ),
        (
            {"rel": "within"},
            """
            how (long|many seconds|much) (was|of|were) {a} (done|given|) (in|during|within|over) the first {d} (after birth|of life|)
            how much (time|) {a} (was there|did the baby get|) (in|within|during) the first {d}
            (in|during|within) the first {d} how (long|much) (was|of) {a} (done|given|)
            (total|time|seconds) of {a} (in|within|during) the first {d}
            """,
        ),
        (
            {"rel": "after"},
            """
            how (long|many seconds) (was|were|did they do) {a} (done|given|) (after|following) {b}
            how much {a} (was there|was given|) (after|following) {b}
            how long was {a} (given|done) (after|from) {n} (on|)
            """,
        ),
        (
            {"rel": "during"},
            """
            how (long|many seconds) (was|were) {a} (done|given|seen|) (during|while|at the same time as|simultaneously with|in the course of) {b}
            how (long|many seconds|much) (did|do) {a} and {b} (overlap|coincide|run together|go on together|run in parallel|happen together)
            (overlap|overlapping time|time in common|common time) (of|between) {a} and {b}
            (for how long|how long) (were|was) {a} and {b} (done|given|going on|seen|) (together|at the same time|simultaneously|in parallel|at once)
            """,
        ),
        (
            {},
            """
            how (long|many seconds|much) (was|of) {a} (done|given|seen|) (between|from) {n} (and|to|until) {m}
            """,
        ),
        (
            {"over": "cases"},
            f"""
            how long was {{a}} (given|done|) {ALL_CASES}
            (total time|duration) of {{a}} {ALL_CASES}
            compare (the cases|all cases|the videos|the batch) (on|by|for) (the duration of|the total of|the length of|how long) {{a}}
            """,
        ),
        (
            {"over": "cases", "sign": ">"},
            f"""
            {CASES} did {{a}} (last|go on|take) {MORE} {{d}}
            {CASES} (had|have) {MORE} {{d}} of {{a}}
            """,
        ),
    ),
    "fraction": (
        (
            {},
            """
            (what|which) (share|part|fraction|proportion|percentage|percent|portion|ratio) of the (time|video|recording|case|resuscitation) (was|is|went to|was spent on|was taken by|was) {a}
            (how much|how many percent) of the (time|video|recording|case|resuscitation|whole time) (was|is|went to|was spent on|was taken by|did they spend on) {a}
            (share|fraction|proportion|percentage|part) of (time|the time|the video) (spent on|with|for|on|of) {a}
            {a} (as a fraction of the time|in percent|as a percentage|percentage|fraction|as a share of the video|relative to the whole time)
            (what|which) (share|part|fraction|proportion|percentage) of the first {d} (was|is|went to|was spent on) {a}
            how much of the first {d} (was|is|went to|was spent on|was filled with|did they spend on) {a}
            (fraction|share|percentage|proportion) of {a} in the first {d}
            """,
        ),
    ),
    "pauses": (
        (
            {"activity": "-"},
            f"""
            how (long|many|short|big|frequent) (were|are) (the|) {PAUSES}
            how many {PAUSES} (were there|are there|did they make|occurred|happened|did you find|can be seen|)
            (were|are) there (any|) {PAUSES}
            (list|show|name|give me|tell me about|describe) (the|all|all the|) {PAUSES}
            (was|is) (there|) (any|a|) {PAUSE}
            (was|were) (ppv|bagging|ventilation|the bagging|the ventilation|the breaths) (interrupted|paused|stopped|broken off|halted|suspended|discontinued) (at all|at any time|)
            how (long|often|many times) was (ppv|bagging|ventilation|the bagging|the ventilation) (interrupted|paused|stopped|suspended|halted)
            (total|number of|length of|duration of|sum of) (the|all|) {PAUSES}
            (did|do) they (stop|pause|interrupt|break off|halt|leave off) (ppv|bagging|ventilating|the breaths|ventilation|bagging the baby)
            how (often|many times|long) did they (stop|pause|interrupt|break off|halt) (ppv|bagging|ventilating|ventilation)
            when (did they stop|was there a break from|did they pause|were there breaks in) (ppv|bagging|ventilating|ventilation)
            (when|where) were (the|) {PAUSES}
            {PAUSES} (please|in this case|)
            how (long|much time) (went by|passed|was there) (between|in between) the (breaths|stretches of ppv|bouts of bagging|rounds of ventilation)
            how (continuous|uninterrupted|steady) was (ppv|bagging|ventilation)
            """,
        ),
        (
            {"activity": "-"},
            f"""
            (what|which|how long|when|where) (was|is) the {{w}} {PAUSE}
            the {{w}} {PAUSE} (how long|when|)
            how long (did|was) the {{w}} {PAUSE} (last|take|)
            when (did|was|does) the {{w}} {PAUSE} (start|begin|occur|happen|take place|)
            (tell me about|describe|length of|duration of|what about|details of) the {{w}} {PAUSE}
            {{w}} {PAUSE}
            """,
        ),
        (
            {"activity": "-", "sign": ">"},
            f"""
            (was|were) (there|) (any|a|some|) {PAUSES} {MORE} {{d}}
            (was|is) (any|a|the longest) {PAUSE} {MORE} {{d}}
            (did|does) any {PAUSE} (last|take|go on for) {MORE} {{d}}
            (which|how many|list the) {PAUSES} (were|are|lasted|took) {MORE} {{d}}
            (was|were) (ppv|bagging|ventilation) (interrupted|paused|stopped) for {MORE} {{d}}
            (were there|are there) (more than|over|at least) {{k}} {PAUSES}
            """,
        ),
        (
            {"activity": "-", "sign": "<"},
            f"""
            (were|are) (all|the|all the) {PAUSES} {LESS} {{d}}
            (was|is) (every|each|the longest) {PAUSE} {LESS} {{d}}
            (were there|are there) (fewer than|less than|at most) {{k}} {PAUSES}
            """,
        ),
        (
            {"only": "cpap stimulation suction chest_compressions"},
            """
            (how long|how many) (were|are) the (gaps|pauses|breaks|interruptions) (in|of|between) {a}
            (list|show) the (gaps|pauses|breaks|interruptions) (in|of|between) {a}
            (were there|was there) (any|a|) (gaps|pauses|breaks|interruptions) (in|of|to) {a}
            was {a} (interrupted|paused|broken off|continuous)
            (gaps|pauses|breaks|interruptions) (in|of|between) {a}
            (what|how long) was the {w} (gap|pause|break|interruption) (in|of|between) {a}
            how long was it between (the|two) {a} (episodes|stretches|rounds)
            """,
        ),
        (
            {"activity": "-", "over": "cases"},
            f"""
            how (long|many) were the {PAUSES} {ALL_CASES}
            {PAUSES} {ALL_CASES}
            compare (the cases|all cases|the videos) (on|by|for) (the|) {PAUSES}
            {CASES} (had|have|show) {PAUSES}
            """,
        ),
        (
            {"activity": "-", "over": "cases", "sign": ">"},
            f"""
            {CASES} (had|have|show) (a|) ({PAUSE}|{PAUSES}) {MORE} {{d}}
            {CASES} was (ppv|bagging|ventilation) (interrupted|paused) for {MORE} {{d}}
            """,
        ),
    ),
}
