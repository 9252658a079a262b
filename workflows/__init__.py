"""The stories: deterministic workflows that read as the officer would tell them."""
