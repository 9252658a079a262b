"""Who takes part: how parties are called, and the codes they bear."""
