"""What people read: words, pages, notices and agreements. Data only; the code that uses it lives elsewhere."""
