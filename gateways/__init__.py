"""The outside world behind protocols: the banks, as a counter, a wire or a simulation."""
