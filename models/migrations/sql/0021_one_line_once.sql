-- A line of the statement that was found to belong to money the books call otherwise, or that brought a payment back, is
-- used: under its own name it is booked no more, unless what it belongs to was taken back.

CREATE OR REPLACE FUNCTION ledger.use_line_once() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    its CONSTANT ledger.journal := (
        SELECT j FROM ledger.journal AS j WHERE j.book = NEW.book AND j.seq = NEW.seq);
    its_fund CONSTANT text := regexp_replace(NEW.book, '-RC$', '');
BEGIN
    IF its.reference IS NULL OR NOT ledger.moves_the_account(NEW.debit, NEW.credit) THEN
        RETURN NULL;
    END IF;
    -- The two books of a fund have one account: who books in one of them waits for the other.
    PERFORM pg_advisory_xact_lock(hashtextextended('ledger/line/' || its_fund, 0));
    IF EXISTS (
        SELECT FROM ledger.journal AS j
        WHERE ledger.folded(j.reference) = ledger.folded(its.reference) AND j.book IN (its_fund, its_fund || '-RC')
            AND (j.book, j.seq) <> (NEW.book, NEW.seq)
            AND NOT EXISTS (SELECT FROM ledger.journal AS r WHERE r.book = j.book AND r.reverses = j.seq)
            AND EXISTS (
                SELECT FROM ledger.posting AS p
                WHERE p.book = j.book AND p.seq = j.seq AND ledger.moves_the_account(p.debit, p.credit)))
        OR EXISTS (
        SELECT FROM public.statement_pair AS p
        WHERE p.fund = its_fund AND (
            ledger.folded(p.returned_by) = ledger.folded(its.reference)
            OR ledger.folded(p.line) = ledger.folded(its.reference) AND EXISTS (
                SELECT FROM ledger.journal AS j
                WHERE j.book IN (its_fund, its_fund || '-RC') AND p.movement IN (j.reference, j.key)
                    AND (j.book, j.seq) <> (NEW.book, NEW.seq)
                    AND NOT EXISTS (SELECT FROM ledger.journal AS r WHERE r.book = j.book AND r.reverses = j.seq))))
    THEN
        RAISE EXCEPTION USING ERRCODE = 'unique_violation', CONSTRAINT = 'journal_reference_once',
            MESSAGE = 'the line ' || its.reference || ' of the statement is booked in a voucher of ' || its_fund || ' already';
    END IF;
    RETURN NULL;
END $$;
