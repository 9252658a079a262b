"""The case file: steps, acts, applications, notices."""
