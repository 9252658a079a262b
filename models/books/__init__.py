"""The books in PostgreSQL: the ledger's door, reports, seals, statements and their verification."""
