"""One file for each thing a case touches; every activity is one side effect, safe to repeat."""
