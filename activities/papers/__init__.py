"""Papers: their facts, drawing them up, reading them back."""
