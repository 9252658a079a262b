"""What the books know of the law: postings, statements, the desk's acts."""
