"""The books: the book desk, reports, the bank's statement, verification."""
