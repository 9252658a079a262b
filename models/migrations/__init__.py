"""The history of the schema; run by ``models.migrate``."""
