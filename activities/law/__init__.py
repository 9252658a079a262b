"""The law's files that ship with the product."""
