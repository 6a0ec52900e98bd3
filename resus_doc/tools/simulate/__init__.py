"""Simulated resuscitations: a scenario is drawn from a seed, then pixels are drawn from the scenario."""
