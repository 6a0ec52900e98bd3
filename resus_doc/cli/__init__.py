"""How people reach it: thin typer commands."""
