-- One line of the bank's statement is booked once, over all kinds of events, over both books of a fund, and however its
-- reference is written.

-- A reference as it is compared: letters in one case and width, signs that cannot be seen left out, marks between its
-- parts as one, each number without zeros before it. Ranges and not classes: a class differs with a database's locale.
CREATE FUNCTION ledger.folded(reference text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(nullif(regexp_replace(trim(BOTH '-' FROM regexp_replace(regexp_replace(regexp_replace(regexp_replace(
        translate(normalize(reference, NFKC), 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'),
        '[\u0001-\u0020\u007F-\u00A0\u00AD\u034F\u061C\u115F\u1160\u1680\u17B4\u17B5\u180B-\u180F\u2000-\u200F\u2028-\u202F\u205F-\u206F\u3000\u3164\uFE00-\uFE0F\uFEFF\uFFF9-\uFFFB]',
        '', 'g'),
        '[!-/:-@\u005B-\u0060\u007B-\u007E\u00B7\u2010-\u2015\u2212\u3001\u3002\u30FB]+', '-', 'g'),
        '-*([0-9]+)-*', '-\1-', 'g'), '-+', '-', 'g')), '(^|-)0+([0-9])', '\1\2', 'g'), ''), reference)
$$;
COMMENT ON FUNCTION ledger.folded IS 'A reference of the bank''s as it is compared: two ways of writing one are one';
CREATE INDEX journal_folded_reference ON ledger.journal (ledger.folded(reference)) WHERE reference IS NOT NULL;

-- Whether an entry moves the account in the bank, and not only what of it is whose.
CREATE FUNCTION ledger.moves_the_account(debit bigint, credit bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT count(*) FILTER (WHERE a.subject = 'escrow_bank') = 1 FROM ledger.account AS a WHERE a.id IN (debit, credit)
$$;

CREATE FUNCTION ledger.use_line_once() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    its CONSTANT ledger.journal := (
        SELECT j FROM ledger.journal AS j WHERE j.book = NEW.book AND j.seq = NEW.seq);
    fund CONSTANT text := regexp_replace(NEW.book, '-RC$', '');
BEGIN
    IF its.reference IS NULL OR NOT ledger.moves_the_account(NEW.debit, NEW.credit) THEN
        RETURN NULL;
    END IF;
    -- The two books of a fund have one account: who books in one of them waits for the other.
    PERFORM pg_advisory_xact_lock(hashtextextended('ledger/line/' || fund, 0));
    IF EXISTS (
        SELECT FROM ledger.journal AS j
        WHERE ledger.folded(j.reference) = ledger.folded(its.reference) AND j.book IN (fund, fund || '-RC')
            AND (j.book, j.seq) <> (NEW.book, NEW.seq)
            AND NOT EXISTS (SELECT FROM ledger.journal AS r WHERE r.book = j.book AND r.reverses = j.seq)
            AND EXISTS (
                SELECT FROM ledger.posting AS p
                WHERE p.book = j.book AND p.seq = j.seq AND ledger.moves_the_account(p.debit, p.credit)))
    THEN
        RAISE EXCEPTION USING ERRCODE = 'unique_violation', CONSTRAINT = 'journal_reference_once',
            MESSAGE = 'the line ' || its.reference || ' of the statement is booked in voucher of ' || fund || ' already';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER use_line_once AFTER INSERT ON ledger.posting FOR EACH ROW EXECUTE FUNCTION ledger.use_line_once();
ALTER TABLE ledger.posting ENABLE ALWAYS TRIGGER use_line_once;
REVOKE ALL ON FUNCTION ledger.folded(text), ledger.moves_the_account(bigint, bigint), ledger.use_line_once() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.folded(text) TO xuqiao_app, xuqiao_desk;

CREATE INDEX statement_line_folded ON statement_line (fund, ledger.folded(name));
