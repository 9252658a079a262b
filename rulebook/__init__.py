"""The law and the vocabulary as pure functions and values: no clock, no input or output."""
