"""Papers: drawn up, signed, kept and checked."""
