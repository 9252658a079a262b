"""Papers as they were made, and who signed them."""
