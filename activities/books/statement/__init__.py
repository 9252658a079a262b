"""Reading banks' statements: tables of cells, their columns by the bank's layout, and lines; nothing is guessed."""
