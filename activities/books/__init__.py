"""The books: money of cases, the book desk, statements and reports."""
