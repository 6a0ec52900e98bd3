"""resus-doc: the video of a newborn resuscitation becomes a debrief, on the hospital's own machine."""

__version__ = "0.1.0"
