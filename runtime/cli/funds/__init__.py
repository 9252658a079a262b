"""Funds with their money, people and calendar."""
