-- A payment that the bank made after it was given up: two people have it booked and pursued.

ALTER TABLE trouble DROP CONSTRAINT trouble_remedy_check,
    ADD CONSTRAINT trouble_remedy_check CHECK (remedy IN ('restart', 'end', 'book', 'dismiss'));
