"""The statement of the ring-fenced account against a fund's books, on the real database."""
