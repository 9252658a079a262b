"""Applications taken in: from the workbook, or typed field by field."""
