"""What the bank says to a case."""
