"""Signatures: made, asked of a platform, and judged."""
