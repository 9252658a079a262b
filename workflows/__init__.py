"""The stories: deterministic, told in the officer's order, deciding by the rulebook alone."""
