-- Triggers: rows only grow, balances and chain move by themselves. All ENABLE ALWAYS: no session setting skips them.

CREATE FUNCTION ledger.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'restrict_violation',
        MESSAGE = 'ledger.' || TG_TABLE_NAME || ' only grows: ' || TG_OP || ' refused; correct by a reversing journal';
END $$;

CREATE FUNCTION ledger.only_by_trigger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION USING ERRCODE = 'restrict_violation',
            MESSAGE = 'ledger.' || TG_TABLE_NAME || ' moves with the journals only: ' || TG_OP || ' refused';
    END IF;
    RETURN NULL;
END $$;

-- What one journal adds to the chain: its number, its request, its key, and when, by whom and on what evidence.
CREATE FUNCTION ledger.link(
    prev_hash bytea, seq bigint, request_hash bytea, key text, at timestamptz, accounting_date date, actor_id text, evidence text
) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(prev_hash || convert_to(jsonb_build_array(
        seq, encode(request_hash, 'hex'), key, (extract(epoch FROM at) * 1000000)::bigint,
        to_char(accounting_date, 'YYYY-MM-DD'), actor_id, evidence
    )::text, 'UTF8'))
$$;

CREATE FUNCTION ledger.number_and_chain() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.at := clock_timestamp();
    UPDATE ledger.book SET
        last_seq = last_seq + 1,
        previous_hash = head_hash,
        head_hash = ledger.link(
            head_hash, last_seq + 1, NEW.request_hash, NEW.key, NEW.at, NEW.accounting_date, NEW.actor_id, NEW.evidence)
    WHERE book = NEW.book
    RETURNING last_seq, previous_hash, head_hash INTO NEW.seq, NEW.prev_hash, NEW.hash;
    RETURN NEW;
END $$;

CREATE FUNCTION ledger.open_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger.balance (account, side, cap_fen)
    SELECT NEW.id, s.side, s.first_cap_fen FROM ledger.subject AS s WHERE s.subject = NEW.subject;
    RETURN NULL;
END $$;

CREATE FUNCTION ledger.move_balances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE ledger.balance SET debit_fen = debit_fen + NEW.amount_fen WHERE account = NEW.debit;
    UPDATE ledger.balance SET credit_fen = credit_fen + NEW.amount_fen WHERE account = NEW.credit;
    RETURN NULL;
END $$;

CREATE FUNCTION ledger.hold_balances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A new approval sets the cap only while nothing of an earlier one is held or lent.
    UPDATE ledger.balance SET
        debit_held_fen = debit_held_fen + NEW.amount_fen,
        cap_fen = CASE WHEN debit_fen + debit_held_fen = 0 THEN NEW.cap_fen ELSE cap_fen END
    WHERE account = NEW.debit;
    UPDATE ledger.balance SET credit_held_fen = credit_held_fen + NEW.amount_fen WHERE account = NEW.credit;
    RETURN NULL;
END $$;

CREATE FUNCTION ledger.free_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    held ledger.hold;
BEGIN
    SELECT * INTO held FROM ledger.hold WHERE book = NEW.book AND seq = NEW.resolves;
    IF NOT FOUND THEN
        RETURN NULL; -- the foreign key refuses the journal
    END IF;
    -- Released means that the approval is void: nothing may be lent until there is another.
    UPDATE ledger.balance SET
        debit_held_fen = debit_held_fen - held.amount_fen,
        cap_fen = CASE WHEN NEW.kind = 'release' AND debit_fen = 0 THEN 0 ELSE cap_fen END
    WHERE account = held.debit;
    UPDATE ledger.balance SET credit_held_fen = credit_held_fen - held.amount_fen WHERE account = held.credit;
    RETURN NULL;
END $$;

CREATE TRIGGER number_and_chain BEFORE INSERT ON ledger.journal
    FOR EACH ROW EXECUTE FUNCTION ledger.number_and_chain();
CREATE TRIGGER free_balances AFTER INSERT ON ledger.journal
    FOR EACH ROW WHEN (NEW.resolves IS NOT NULL) EXECUTE FUNCTION ledger.free_balances();
CREATE TRIGGER move_balances AFTER INSERT ON ledger.posting FOR EACH ROW EXECUTE FUNCTION ledger.move_balances();
CREATE TRIGGER hold_balances AFTER INSERT ON ledger.hold FOR EACH ROW EXECUTE FUNCTION ledger.hold_balances();
CREATE TRIGGER open_balance AFTER INSERT ON ledger.account FOR EACH ROW EXECUTE FUNCTION ledger.open_balance();
CREATE TRIGGER only_by_trigger BEFORE INSERT OR UPDATE ON ledger.balance
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.only_by_trigger();
CREATE TRIGGER only_by_trigger BEFORE UPDATE ON ledger.book
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.only_by_trigger();

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['subject', 'kind', 'permitted', 'account', 'journal', 'posting', 'hold'] LOOP
        EXECUTE format('CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.%I '
            'FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change()', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['book', 'balance'] LOOP
        EXECUTE format('CREATE TRIGGER only_grows BEFORE DELETE OR TRUNCATE ON ledger.%I '
            'FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change()', name);
    END LOOP;
    FOR name IN
        SELECT format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', t.tgrelid::regclass, t.tgname)
        FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid
        WHERE c.relnamespace = 'ledger'::regnamespace AND NOT t.tgisinternal
    LOOP
        EXECUTE name;
    END LOOP;
END $$;
