"""The law: packs, and questions that they answer without a server."""
