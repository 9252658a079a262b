"""What papers say and can hold."""
