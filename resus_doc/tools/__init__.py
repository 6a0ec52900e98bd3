"""What can be done: typed functions on videos, events and cases. No language model in here."""
