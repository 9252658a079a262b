"""The officer's application workbook."""
