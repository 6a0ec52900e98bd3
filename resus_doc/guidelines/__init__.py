"""What is known: guideline profiles and passages as data, the rule engine, and passage retrieval."""
