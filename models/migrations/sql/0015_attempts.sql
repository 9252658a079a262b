-- An application says for itself who represents the borrower, and which earlier case of its loan it follows.

ALTER TABLE application ADD COLUMN legal_representative TEXT NOT NULL DEFAULT '';
ALTER TABLE application ADD COLUMN phone TEXT NOT NULL DEFAULT '';
ALTER TABLE application ADD COLUMN follows TEXT UNIQUE REFERENCES application (case_no);
UPDATE application a SET legal_representative = e.legal_representative, phone = e.phone FROM enterprise e WHERE e.uscc = a.uscc;
