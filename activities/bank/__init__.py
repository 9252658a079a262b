"""The bank: asked for its opinion, and paid through."""
