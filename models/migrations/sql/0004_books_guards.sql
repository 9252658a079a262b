-- The same guards for what 0004 adds, and a closed period that not even the owner writes into.

-- The triggers below find what a row refers to, or refuse it by the name of the foreign key they stand for: they look
-- it up anyway, and what is referred to can never go away. A foreign key would look a second time and lock the row.
ALTER TABLE ledger.posting
    DROP CONSTRAINT posting_book_seq_fkey,
    DROP CONSTRAINT posting_book_debit_fkey,
    DROP CONSTRAINT posting_book_credit_fkey;
ALTER TABLE ledger.journal
    DROP CONSTRAINT journal_book_fkey,
    DROP CONSTRAINT journal_kind_fkey,
    DROP CONSTRAINT journal_resolves_a_hold,
    DROP CONSTRAINT journal_approval_fkey,
    -- Most journals resolve nothing, reverse nothing, and have no reference: those need no place in an index.
    DROP CONSTRAINT journal_resolves_once,
    DROP CONSTRAINT journal_reverses_once,
    DROP CONSTRAINT journal_reference_once;
ALTER TABLE ledger.hold
    DROP CONSTRAINT hold_book_seq_fkey,
    DROP CONSTRAINT hold_book_debit_fkey,
    DROP CONSTRAINT hold_book_credit_fkey;
ALTER TABLE ledger.balance DROP CONSTRAINT balance_account_fkey;
ALTER TABLE ledger.account
    DROP CONSTRAINT account_book_fkey,
    DROP CONSTRAINT account_subject_fkey,
    DROP CONSTRAINT account_book_id_key;
CREATE UNIQUE INDEX journal_resolves_once ON ledger.journal (book, resolves) WHERE resolves IS NOT NULL;
CREATE UNIQUE INDEX journal_reverses_once ON ledger.journal (book, reverses) WHERE reverses IS NOT NULL;
-- What the borrower pays and what his guarantor pays are lines of one statement: each is booked once, as one or other.
CREATE UNIQUE INDEX journal_reference_once ON ledger.journal
    (book, (CASE kind WHEN 'guarantor_in' THEN 'receive' ELSE kind END), reference) WHERE reference IS NOT NULL;

-- What a journal or a closing adds to the chain.
CREATE FUNCTION ledger.link(prev_hash bytea, content jsonb) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(prev_hash || convert_to(content::text, 'UTF8'))
$$;

CREATE OR REPLACE FUNCTION ledger.number_and_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    allowed_by jsonb := '[]';
    closed date;
BEGIN
    NEW.at := clock_timestamp();
    IF NEW.approval IS NOT NULL THEN -- who allowed it, and when, stands in the chain from now on
        SELECT jsonb_build_array(a.maker, a.checker, a.after_seq) INTO allowed_by FROM ledger.approval AS a
        WHERE a.key = NEW.approval AND a.book = NEW.book AND a.kind = NEW.kind;
    END IF;
    UPDATE ledger.book SET
        last_seq = last_seq + 1,
        previous_hash = head_hash,
        head_hash = ledger.link(head_hash, jsonb_build_array(
            last_seq + 1, encode(NEW.request_hash, 'hex'), NEW.key, (extract(epoch FROM NEW.at) * 1000000)::bigint,
            to_char(NEW.accounting_date, 'YYYY-MM-DD'), NEW.actor_id, NEW.evidence) || allowed_by)
    WHERE book = NEW.book
        AND allowed_by IS NOT NULL -- an approval that is not there, or not of this book and kind
        AND EXISTS (
            SELECT FROM ledger.kind AS k WHERE k.kind = NEW.kind AND k.resolves_hold = (NEW.resolves IS NOT NULL)
                AND k.needs_approval = (NEW.approval IS NOT NULL) AND k.reverses = (NEW.reverses IS NOT NULL))
        AND (NEW.resolves IS NULL OR EXISTS (
            SELECT FROM ledger.hold AS h WHERE h.book = NEW.book AND h.seq = NEW.resolves))
    RETURNING last_seq, previous_hash, head_hash, closed_through INTO NEW.seq, NEW.prev_hash, NEW.hash, closed;
    IF NEW.seq IS NULL THEN
        IF EXISTS (SELECT FROM ledger.book AS b WHERE b.book = NEW.book) THEN
            RAISE EXCEPTION USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'journal_of_its_kind',
                MESSAGE = 'a journal of kind ' || NEW.kind || ' without the hold, approval or journal that it is about';
        END IF;
        RAISE EXCEPTION USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'journal_book_fkey',
            MESSAGE = 'there is no book ' || NEW.book;
    ELSIF NEW.accounting_date <= closed THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'period_closed',
            MESSAGE = 'the period through ' || closed || ' is closed: ' || NEW.accounting_date || ' refused';
    END IF;
    RETURN NEW;
END $$;
DROP FUNCTION ledger.link(bytea, bigint, bytea, text, timestamptz, date, text, text);

CREATE OR REPLACE FUNCTION ledger.open_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger.balance (account, side, cap_fen, floor_fen)
    SELECT NEW.id, s.side, s.first_cap_fen, s.first_floor_fen FROM ledger.subject AS s
    WHERE s.subject = NEW.subject AND EXISTS (SELECT FROM ledger.book AS b WHERE b.book = NEW.book);
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'account_of_a_book',
            MESSAGE = 'there is no book ' || NEW.book || ', or no subject ' || NEW.subject;
    END IF;
    RETURN NULL;
END $$;

-- What an entry or a hold of no journal, or with another book's account, comes to.
CREATE FUNCTION ledger.refuse_stranger(kind_of_row text, of_book text, of_seq bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'foreign_key_violation', CONSTRAINT = kind_of_row || '_of_its_book',
        MESSAGE = 'a ' || kind_of_row || ' of voucher ' || of_seq || ' without that voucher, or two accounts, of book '
            || of_book;
END $$;

CREATE OR REPLACE FUNCTION ledger.move_balances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE ledger.balance SET
        debit_fen = debit_fen + CASE account WHEN NEW.debit THEN NEW.amount_fen ELSE 0 END,
        credit_fen = credit_fen + CASE account WHEN NEW.credit THEN NEW.amount_fen ELSE 0 END
    WHERE account IN (NEW.debit, NEW.credit)
        AND 2 = (SELECT count(*) FROM ledger.account AS a WHERE a.id IN (NEW.debit, NEW.credit) AND a.book = NEW.book)
        AND EXISTS (SELECT FROM ledger.journal AS j WHERE j.book = NEW.book AND j.seq = NEW.seq);
    IF NOT FOUND THEN
        PERFORM ledger.refuse_stranger('posting', NEW.book, NEW.seq);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION ledger.hold_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    resolved bigint;
BEGIN
    SELECT j.resolves INTO resolved FROM ledger.journal AS j WHERE j.book = NEW.book AND j.seq = NEW.seq;
    IF NOT FOUND THEN
        PERFORM ledger.refuse_stranger('hold', NEW.book, NEW.seq);
    ELSIF resolved IS NOT NULL THEN
        -- On its way, or set aside again: what is held stays held, and the balances stay as they are.
        IF NOT EXISTS (
            SELECT FROM ledger.hold AS h WHERE h.book = NEW.book AND h.seq = resolved AND h.debit = NEW.debit
                AND h.credit = NEW.credit AND h.amount_fen = NEW.amount_fen AND h.cap_fen = NEW.cap_fen)
        THEN
            RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'hold_carried_on',
                MESSAGE = 'voucher ' || NEW.seq || ' does not carry on the hold that it resolves';
        END IF;
        RETURN NULL;
    END IF;
    -- A new approval sets the cap only while nothing of an earlier one is held or lent.
    UPDATE ledger.balance SET
        debit_held_fen = debit_held_fen + CASE account WHEN NEW.debit THEN NEW.amount_fen ELSE 0 END,
        credit_held_fen = credit_held_fen + CASE account WHEN NEW.credit THEN NEW.amount_fen ELSE 0 END,
        cap_fen = CASE WHEN account = NEW.debit AND debit_fen + debit_held_fen = 0 THEN NEW.cap_fen ELSE cap_fen END
    WHERE account IN (NEW.debit, NEW.credit)
        AND 2 = (SELECT count(*) FROM ledger.account AS a WHERE a.id IN (NEW.debit, NEW.credit) AND a.book = NEW.book);
    IF NOT FOUND THEN
        PERFORM ledger.refuse_stranger('hold', NEW.book, NEW.seq);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION ledger.free_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    held ledger.hold;
BEGIN
    IF NEW.kind IN ('intend', 'fail') THEN
        RETURN NULL; -- the hold that carries it on keeps it in the balances
    END IF;
    SELECT * INTO held FROM ledger.hold WHERE book = NEW.book AND seq = NEW.resolves;
    -- Released means that the approval is void: nothing may be lent until there is another.
    UPDATE ledger.balance SET
        debit_held_fen = debit_held_fen - CASE account WHEN held.debit THEN held.amount_fen ELSE 0 END,
        credit_held_fen = credit_held_fen - CASE account WHEN held.credit THEN held.amount_fen ELSE 0 END,
        cap_fen = CASE WHEN account = held.debit AND NEW.kind = 'release' AND debit_fen = 0 THEN 0 ELSE cap_fen END
    WHERE account IN (held.debit, held.credit);
    RETURN NULL;
END $$;

-- A closing is a link of the chain: taken away or dated otherwise, it leaves what follows without its end.
CREATE FUNCTION ledger.close_period() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE ledger.book SET
        closed_through = NEW.through,
        previous_hash = head_hash,
        head_hash = ledger.link(head_hash, jsonb_build_array(to_char(NEW.through, 'YYYY-MM-DD'), NEW.closed_by))
    WHERE book = NEW.book AND last_seq = NEW.last_seq AND (closed_through IS NULL OR closed_through < NEW.through);
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'closing_goes_forward',
            MESSAGE = 'a period closes once, after the one before it, with the last voucher of its book';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION ledger.seal_what_is_there() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM ledger.book WHERE book = NEW.book AND last_seq = NEW.last_seq AND head_hash = NEW.head_hash
    ) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'seal_of_the_head',
            MESSAGE = 'a seal is set on the head of its book as it is now';
    END IF;
    RETURN NULL;
END $$;

-- What is taken back is owed again: the cap counts all that was ever lent, and this was not lent anew.
CREATE FUNCTION ledger.owe_again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE ledger.balance AS b SET cap_fen = b.cap_fen + p.fen
    FROM (
        SELECT credit, sum(amount_fen)::bigint AS fen FROM ledger.posting
        WHERE book = NEW.book AND seq = NEW.reverses GROUP BY credit
    ) AS p
    WHERE b.account = p.credit AND b.cap_fen IS NOT NULL;
    RETURN NULL;
END $$;

CREATE TRIGGER owe_again AFTER INSERT ON ledger.journal
    FOR EACH ROW WHEN (NEW.reverses IS NOT NULL) EXECUTE FUNCTION ledger.owe_again();
CREATE TRIGGER close_period AFTER INSERT ON ledger.closing FOR EACH ROW EXECUTE FUNCTION ledger.close_period();
CREATE TRIGGER seal_what_is_there AFTER INSERT ON ledger.seal
    FOR EACH ROW EXECUTE FUNCTION ledger.seal_what_is_there();

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['follows', 'approval', 'closing', 'seal'] LOOP
        EXECUTE format('CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.%I '
            'FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change()', name);
    END LOOP;
    FOR name IN
        SELECT format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', t.tgrelid::regclass, t.tgname)
        FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid
        WHERE c.relnamespace = 'ledger'::regnamespace AND NOT t.tgisinternal AND t.tgenabled <> 'A'
    LOOP
        EXECUTE name;
    END LOOP;
END $$;
