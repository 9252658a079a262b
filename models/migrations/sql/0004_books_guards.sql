-- The same guards for what 0004 adds, and a closed period that not even the owner writes into.

CREATE OR REPLACE FUNCTION ledger.number_and_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    closed date;
BEGIN
    NEW.at := clock_timestamp();
    UPDATE ledger.book SET
        last_seq = last_seq + 1,
        previous_hash = head_hash,
        head_hash = ledger.link(
            head_hash, last_seq + 1, NEW.request_hash, NEW.key, NEW.at, NEW.accounting_date, NEW.actor_id, NEW.evidence)
    WHERE book = NEW.book
    RETURNING last_seq, previous_hash, head_hash, closed_through INTO NEW.seq, NEW.prev_hash, NEW.hash, closed;
    IF NEW.accounting_date <= closed THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'period_closed',
            MESSAGE = 'the period through ' || closed || ' is closed: ' || NEW.accounting_date || ' refused';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION ledger.open_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger.balance (account, side, cap_fen, floor_fen)
    SELECT NEW.id, s.side, s.first_cap_fen, s.first_floor_fen FROM ledger.subject AS s WHERE s.subject = NEW.subject;
    RETURN NULL;
END $$;

CREATE FUNCTION ledger.close_period() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE ledger.book SET closed_through = NEW.through
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
