"""The law: dated measures, eligibility, size, ceiling and fees, as pure functions."""
