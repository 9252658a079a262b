"""A file from outside, read by what our papers hold: whatever else is in it is refused, whatever it may be good for."""
