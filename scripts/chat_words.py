"""The words of the questions in `chat_data`: names of activities, and one line for each way to ask.

A pattern is text with alternatives, `(when|at what time) did {a} (start|begin)`, which may be nested or empty. In braces:
a, b  an activity by name (the call's `activity` and `other`)      n, m  a moment (`number` and `to`)
ing   the activity as something done ("bagging the baby")          d     a length of time (`number`)
done  the activity as something done to the baby ("bagged")        k     a count (`number`)
w     an ordinal (`which`)      i  an id      v  a verdict      p  a guideline
"""

from resus_doc.schema import Activity

NAMES: dict[Activity, str] = {
    "ppv": (
        "(ppv|ppv|positive pressure ventilation|positive-pressure ventilation|bagging|bagging|bag mask ventilation"
        "|bag-mask ventilation|bag and mask|bag valve mask|bvm|mask breaths|breaths|assisted breaths|manual breaths"
        "|inflations|ippv|pp ventilation|ventilation breaths|t-piece breaths|neopuff breaths|rescue breaths|ventilations)"
    ),
    "cpap": (
        "(cpap|cpap|cpap|continuous positive airway pressure|continuous pressure|peep|mask cpap|distending pressure"
        "|face mask cpap|the cpap mask|c-pap|continuous airway pressure)"
    ),
    "ventilation": (
        "(ventilation|ventilation|mask support|respiratory support|mask ventilation|breathing support|the mask"
        "|airway support|ventilatory support|help with breathing|breathing help|any ventilation|support of breathing"
        "|support with the mask|assisted ventilation|respiratory help)"
    ),
    "stimulation": (
        "(stimulation|stimulation|tactile stimulation|stim|tactile stim|rubbing|rubbing the back|drying|drying and rubbing"
        "|the back rub|rubs|back rubbing|flicking the feet|foot flicks|towel drying|drying and stimulation|touching|tickling"
        "|stimulating|physical stimulation|soles flicking)"
    ),
    "suction": (
        "(suction|suction|suctioning|the catheter|airway suction|oral suction|nasal suction|mouth suction|clearing the airway"
        "|airway clearance|aspiration|suction of the mouth|suctioning of the mouth|bulb suction|the suction catheter"
        "|suction of the nose|airway clearing|secretion removal|sucking out the mouth)"
    ),
    "chest_compressions": (
        "(chest compressions|chest compressions|compressions|compressions|cardiac massage|heart compressions|cpr"
        "|heart massage|chest massage|cardiac compressions|external massage|thumb compressions|chest compression"
        "|pressing on the chest|the massage of the heart|thoracic compressions|compression of the chest)"
    ),
    "baby_visible": "(the baby in view|baby in view|baby visible|baby in the picture|the baby on the table)",
}

ING: dict[Activity, str] = {
    "ppv": "(bagging|bagging the baby|giving ppv|giving breaths|ventilating with the bag|squeezing the bag|doing ppv"
    "|bag masking|giving positive pressure|delivering breaths|inflating the lungs|giving inflations)",
    "cpap": "(giving cpap|applying cpap|holding cpap|cpap|putting on cpap|supporting with cpap|using cpap)",
    "ventilation": "(ventilating|ventilating the baby|supporting the breathing|helping the baby breathe|assisting breathing"
    "|holding the mask on|giving respiratory support|supporting ventilation)",
    "stimulation": "(stimulating|stimulating the baby|rubbing the back|rubbing the baby|drying the baby|drying|rubbing"
    "|flicking the soles|drying and stimulating|tickling the feet|giving stimulation)",
    "suction": "(suctioning|suctioning the baby|clearing the airway|suctioning the mouth|suctioning the nose|aspirating"
    "|using the catheter|sucking out the airway|using suction|clearing secretions)",
    "chest_compressions": "(doing compressions|compressing the chest|compressing|doing chest compressions|giving compressions"
    "|doing cpr|massaging the heart|pressing the chest|performing compressions|giving cardiac massage)",
    "baby_visible": "(seeing the baby)",
}

DONE: dict[Activity, str] = {
    "ppv": "(bagged|given ppv|given breaths|bag-mask ventilated|given positive pressure|given positive pressure ventilation)",
    "cpap": "(on cpap|given cpap|put on cpap|placed on cpap|supported with cpap|treated with cpap)",
    "ventilation": "(ventilated|supported with a mask|helped with breathing|given respiratory support|given ventilation"
    "|mask ventilated|assisted with breathing)",
    "stimulation": "(stimulated|rubbed|dried|dried and rubbed|dried and stimulated|tactilely stimulated|given stimulation)",
    "suction": "(suctioned|aspirated|sucked out|cleared with suction|given suction)",
    "chest_compressions": "(compressed|given compressions|given chest compressions|massaged|given cpr|given cardiac massage)",
    "baby_visible": "(in view|visible|on the table|in the picture|on camera|on the resuscitaire|on the warmer)",
}

VERB: dict[Activity, str] = {
    "ppv": "(bag|bag the baby|give breaths|give ppv|inflate the lungs|give inflations|squeeze the bag|deliver breaths)",
    "cpap": "(give cpap|apply cpap|use cpap|put on cpap|hold cpap)",
    "ventilation": "(ventilate|ventilate the baby|support the breathing|hold the mask on|help with breathing|give mask support)",
    "stimulation": "(stimulate|stimulate the baby|rub the baby|dry the baby|rub the back|flick the soles|rub him|dry her|tickle the feet)",
    "suction": "(suction|suction the mouth|aspirate|clear the airway|use the catheter|suction the nose|suck out the mouth)",
    "chest_compressions": "(compress the chest|do compressions|give compressions|do cpr|massage the heart|press on the chest)",
    "baby_visible": "(see the baby)",
}
"""What is done, behind "did they"."""
SOMEBODY = (
    "(they|the team|somebody|someone|anyone|anybody|the nurse|the doctor|a midwife|people|the staff|she|he|one of them)"
)

WHICH: dict[str, str] = {
    "first": "(first|first|1st|initial|earliest|very first)",
    "second": "(second|second|2nd)",
    "third": "(third|third|3rd)",
    "fourth": "(fourth|4th)",
    "fifth": "(fifth|5th)",
    "sixth": "(sixth|6th)",
    "seventh": "(seventh|7th)",
    "eighth": "(eighth|8th)",
    "last": "(last|last|final|latest|very last|most recent)",
    "longest": "(longest|longest|biggest|most extended|maximum|largest)",
    "shortest": "(shortest|shortest|briefest|smallest|minimum)",
}

STRETCH = "(episode|stretch|period|event|bout|go|round|session|instance|spell|attempt|run|burst|)"
PLURAL = "(episodes|stretches|periods|events|bouts|rounds|sessions|instances|spells|attempts|times|occurrences)"
START = "(start|begin|commence|get started|get going|kick off|set in|get under way|happen first|first happen|first start|first begin|initially start)"
STARTED = "(started|begun|commenced|initiated|first done|first given|first started|first seen|first used|first applied|first performed|introduced)"
WHEN = "(when|when exactly|at what time|at what point|at which time|at which moment|at what moment|at which second|at what minute|how early|how late)"
MORE = "(more than|longer than|over|greater than|above|exceeding|beyond|in excess of|at least)"
LESS = "(less than|shorter than|under|below|fewer than|not more than|at most|no longer than|within|up to|no more than)"
PAUSE = "(pause|break|interruption|gap|stop|halt|hiatus|time out|interval without breaths|stoppage|pause in ppv|gap in ventilation|pause in bagging|break in ventilation|interruption of bagging|interruption of ventilation|ventilation pause|ppv pause|gap between the breaths)"
PAUSES = "(pauses|breaks|interruptions|gaps|stops|halts|stoppages|pauses in ppv|gaps in ventilation|pauses in bagging|breaks in ventilation|interruptions of bagging|interruptions of ventilation|interruptions to ppv|ventilation pauses|ppv pauses|bagging breaks|gaps between ppv)"
HAPPEN = "(happened|was done|was going on|was happening|was performed|took place|was carried out|was seen|did they do|were they doing|did the team do|was the team doing|occurred|went on|could be seen|was being done)"
SEE = "(show|show me|let me see|display|i want to see|i would like to see|can i see|can you show me|could you show|please show|bring up|pull up|open|view|give me a look at|can i look at|can we see|can we look at|let us see)"
PICTURE = "(a picture of|a frame of|the picture of|the video of|a clip of|the clip of|a still of|an image of|a screenshot of|the footage of|the recording of|the moment of|a snapshot of|)"
CASES = "(in which cases|which cases|in what cases|which videos|in which videos|which of the cases|in which recordings|which babies|how many cases|in how many cases|in how many videos|which resuscitations|across the batch which cases|of all cases which)"
ALL_CASES = "(in all cases|across all cases|across the cases|in the other cases|over the whole batch|across the batch|for every case|in each case|in every video|case by case|for all videos|over all recordings|per case|between the cases|in each of the videos)"
RULE = "(rule|rules|criterion|criteria|requirement|standard|target|benchmark|expectation)"
GUIDELINE = "(the guideline|the guidelines|the guidance|the recommendations|the recommendation|the protocol|the guideline text|the passages|the textbook|the algorithm|the standard|the manual)"
SAY = "(say|state|recommend|advise|suggest|tell us|write|have to say|mention|specify)"

PROFILES: dict[str, str] = {
    "aha-2025": "(aha|aha 2025|the aha guideline|the american guideline|the american guidelines|nrp|the nrp|the aap|aha / aap"
    "|the us guideline|american heart association|the american heart association)",
    "erc-2025": "(erc|erc 2025|the erc guideline|the european guideline|the european guidelines|european rules|the erc"
    "|european resuscitation council|the european resuscitation council|the european standard|the nls|european guidance)",
    "hbb-2": "(hbb|helping babies breathe|the hbb guideline|helping babies breathe guideline|the hbb|hbb 2|hbb rules"
    "|the helping babies breathe programme|the golden minute guideline)",
}

VERDICTS: dict[str, str] = {
    "met": "(met|fulfilled|satisfied|passed|complied with|kept|achieved|followed|adhered to|ok|reached)",
    "not_met": "(not met|missed|failed|not fulfilled|violated|broken|not satisfied|not followed|not kept|not achieved"
    "|not complied with|not adhered to|unmet)",
    "indeterminate": "(indeterminate|too close to call|unclear|borderline|undecided|uncertain|on the edge)",
    "not_assessable": "(not assessable|not assessed|impossible to assess|unassessable|not possible to judge|not judged"
    "|not evaluable|impossible to judge|left open)",
}

TOPICS = (
    "(oxygen|the oxygen concentration|fio2|saturation|target saturation|spo2 targets|the cord|cord clamping|clamping the cord"
    "|delayed cord clamping|temperature|keeping the baby warm|thermal care|hypothermia|plastic wrap|preterm babies"
    "|premature infants|inflation pressure|the initial pressure|pip|the ventilation rate|breaths per minute|how fast to ventilate"
    "|adrenaline|epinephrine|the dose of adrenaline|drugs|medication|volume|fluids|intubation|the tube|laryngeal mask"
    "|alternative airways|mr sopa|corrective steps|mask leak|heart rate|checking the heart rate|ecg|the monitor"
    "|stopping resuscitation|when to stop|compression ratio|the 3:1 ratio|umbilical access|glucose|meconium|apgar"
    "|the golden minute|inflation breaths|the first breaths|team briefing|skin to skin|after resuscitation|therapeutic cooling"
    "|head position|sniffing position|assessment of breathing|gasping|apnoea|bradycardia)"
)
