-- What was taken back frees its reference for its own kind too: a wrong amount is put right under the line's own name.

DROP INDEX ledger.journal_reference_once;

CREATE FUNCTION ledger.use_reference_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- What the borrower pays and what his guarantor pays are lines of one statement: booked as one or other.
    IF EXISTS (
        SELECT FROM ledger.journal AS j
        WHERE ledger.folded(j.reference) = ledger.folded(NEW.reference) AND j.reference = NEW.reference
            AND j.book = NEW.book AND j.seq <> NEW.seq
            AND replace(j.kind, 'guarantor_in', 'receive') = replace(NEW.kind, 'guarantor_in', 'receive')
            AND NOT EXISTS (SELECT FROM ledger.journal AS r WHERE r.book = j.book AND r.reverses = j.seq))
    THEN
        RAISE EXCEPTION USING ERRCODE = 'unique_violation', CONSTRAINT = 'journal_reference_once',
            MESSAGE = 'the reference ' || NEW.reference || ' stands in the book ' || NEW.book || ' already';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER use_reference_once AFTER INSERT ON ledger.journal
    FOR EACH ROW WHEN (NEW.reference IS NOT NULL) EXECUTE FUNCTION ledger.use_reference_once();
ALTER TABLE ledger.journal ENABLE ALWAYS TRIGGER use_reference_once;
REVOKE ALL ON FUNCTION ledger.use_reference_once() FROM PUBLIC;

-- So does a payment by hand whose voucher was taken back; the books themselves refuse the line that stands.
ALTER TABLE book_act DROP CONSTRAINT one_act_for_a_reference;
CREATE UNIQUE INDEX one_act_for_a_reference ON book_act (book, reference) WHERE state = 'paid';
