"""Funds, their calendar, queue and figures."""
