"""What is stored of a case: application, approvals, acts and messages, payments, and how pages read it."""
