"""The days off: each year's notice as a file, and the days that need no notice."""
