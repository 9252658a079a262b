"""What is stored: one file per aggregate, its tables and its queries together. Rows never leave an activity."""
