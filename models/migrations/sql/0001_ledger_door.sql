-- The door: the only thing the application may do to the books. One call, one journal.
-- Only the door fixes the search path: what it calls, and the triggers it sets off, run inside it and name ledger.*
-- in full; setting the path again in each of them costs a tenth of the speed.

CREATE FUNCTION ledger.account_of(of_book text, of_subject text, of_dimension text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    found_id bigint;
BEGIN
    SELECT id INTO found_id FROM ledger.account
    WHERE book = of_book AND subject = of_subject AND dimension = of_dimension;
    IF found_id IS NULL THEN
        INSERT INTO ledger.account (book, subject, dimension) VALUES (of_book, of_subject, of_dimension)
        RETURNING id INTO found_id;
    END IF;
    RETURN found_id;
END $$;

-- An entry is permitted when its kind may make it, and a case's account is touched by that case only.
CREATE FUNCTION ledger.is_permitted(of_kind text, of_case text, entry jsonb) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM ledger.permitted AS p
        JOIN ledger.subject AS d ON d.subject = p.debit
        JOIN ledger.subject AS c ON c.subject = p.credit
        WHERE p.kind = of_kind AND p.debit = entry ->> 0 AND p.credit = entry ->> 2
            AND (p.debit_part IS NULL OR p.debit_part = entry ->> 1)
            AND (p.credit_part IS NULL OR p.credit_part = entry ->> 3)
            AND (d.kept_by <> 'case' OR of_case = entry ->> 1)
            AND (c.kept_by <> 'case' OR of_case = entry ->> 3)
    )
$$;

-- An entry with its amount as a whole number of fen: 1.005 is an error here, never a rounding.
CREATE FUNCTION ledger.entry(raw jsonb) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_array(raw ->> 0, raw ->> 1, raw ->> 2, raw ->> 3, (raw ->> 4)::bigint)
$$;

-- Why the database refused, as data, with the figures that people need.
CREATE FUNCTION ledger.refusal(broken text, of_book text, of_case text, entries jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
DECLARE
    asked bigint;
    left_in_pool bigint;
    most bigint;
BEGIN
    IF broken = 'balance_not_overdrawn' THEN
        SELECT coalesce(sum((e ->> 4)::bigint), 0) INTO asked FROM jsonb_array_elements(entries) AS e
        WHERE e ->> 2 = 'escrow_bank' AND e ->> 3 = 'pool';
        SELECT coalesce(max(b.debit_fen - b.credit_fen - b.credit_held_fen - b.floor_fen), 0) INTO left_in_pool
        FROM ledger.account AS a JOIN ledger.balance AS b ON b.account = a.id
        WHERE a.book = of_book AND a.subject = 'escrow_bank' AND a.dimension = 'pool';
        IF asked > left_in_pool THEN
            RETURN jsonb_build_object('refused', 'pool_short', 'available', left_in_pool, 'asked', asked);
        END IF;
        RETURN jsonb_build_object('refused', 'overdrawn', 'asked', (
            SELECT sum((e ->> 4)::bigint) FROM jsonb_array_elements(entries) AS e WHERE e ->> 2 = 'bridge_receivable'
        ), 'outstanding', (
            SELECT b.debit_fen - b.credit_fen FROM ledger.account AS a JOIN ledger.balance AS b ON b.account = a.id
            WHERE a.book = of_book AND a.subject = 'bridge_receivable' AND a.dimension = of_case));
    ELSIF broken = 'balance_within_cap' THEN
        SELECT coalesce(max(b.cap_fen), 0) INTO most
        FROM ledger.account AS a JOIN ledger.balance AS b ON b.account = a.id
        WHERE a.book = of_book AND a.subject = 'bridge_receivable' AND a.dimension = of_case;
        RETURN jsonb_build_object('refused', 'over_cap', 'cap', most, 'asked', (
            SELECT sum((e ->> 4)::bigint) FROM jsonb_array_elements(entries) AS e WHERE e ->> 0 = 'bridge_receivable'));
    END IF;
    RETURN jsonb_build_object('refused', CASE broken
        WHEN 'journal_resolves_once' THEN 'hold_resolved'
        WHEN 'journal_reference_once' THEN 'reference_used'
        ELSE 'broken_rule' END, 'rule', broken);
END $$;

CREATE FUNCTION ledger.post(request jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    its_book CONSTANT text := request ->> 'book';
    its_key CONSTANT text := request ->> 'key';
    its_kind CONSTANT text := request ->> 'kind';
    its_case CONSTANT text := request ->> 'case_no';
    entries jsonb := '[]';
    reservation jsonb;
    asked_hash bytea;
    rules ledger.kind;
    earlier record;
    held record;
    number bigint;
    entry jsonb;
    line smallint := 0;
    broken text;
BEGIN
    -- One writer per book: callers queue here rather than on row locks.
    PERFORM pg_advisory_xact_lock(hashtextextended('ledger/' || its_book, 0));

    FOR entry IN SELECT e FROM jsonb_array_elements(coalesce(request -> 'lines', '[]')) AS e LOOP
        entries := entries || jsonb_build_array(ledger.entry(entry));
    END LOOP;
    IF jsonb_typeof(request -> 'hold') = 'array' THEN
        reservation := ledger.entry(request -> 'hold');
    END IF;
    -- Never dates, actors or papers: the same leg asked again on another day is the same request.
    asked_hash := sha256(convert_to(jsonb_build_array(
        its_book, its_key, its_kind, its_case, request ->> 'reference', request ->> 'terms_digest',
        request ->> 'resolves', entries, reservation, (request ->> 'cap_fen')::bigint)::text, 'UTF8'));

    SELECT j.seq, j.request_hash INTO earlier FROM ledger.journal AS j WHERE j.key = its_key;
    IF FOUND THEN
        IF earlier.request_hash = asked_hash THEN
            RETURN jsonb_build_object('voucher', earlier.seq, 'replayed', true);
        END IF;
        RETURN jsonb_build_object('refused', 'key_conflict', 'key', its_key, 'voucher', earlier.seq);
    END IF;

    SELECT * INTO rules FROM ledger.kind AS k WHERE k.kind = its_kind;
    IF NOT FOUND
        OR rules.opens_hold <> (reservation IS NOT NULL)
        OR rules.opens_hold <> (request ->> 'cap_fen' IS NOT NULL)
        OR rules.resolves_hold <> (request ->> 'resolves' IS NOT NULL)
        OR (entries = '[]' AND its_kind NOT IN ('reserve', 'release'))
        OR EXISTS (
            SELECT FROM jsonb_array_elements(entries || CASE WHEN reservation IS NULL THEN '[]'
                ELSE jsonb_build_array(reservation) END) AS e
            WHERE NOT ledger.is_permitted(its_kind, its_case, e))
    THEN
        RETURN jsonb_build_object('refused', 'not_permitted', 'kind', its_kind);
    END IF;

    IF rules.resolves_hold THEN
        SELECT h.seq, h.debit, h.credit, h.amount_fen INTO held
        FROM ledger.journal AS j JOIN ledger.hold AS h USING (book, seq)
        WHERE j.key = request ->> 'resolves' AND j.book = its_book AND j.case_no = its_case;
        IF NOT FOUND THEN
            RETURN jsonb_build_object('refused', 'unknown_hold', 'hold', request ->> 'resolves');
        END IF;
        IF its_kind = 'disburse' AND (jsonb_array_length(entries) <> 1 OR (entries #>> '{0,4}')::bigint <> held.amount_fen) THEN
            RETURN jsonb_build_object('refused', 'hold_mismatch', 'reserved', held.amount_fen, 'asked', (
                SELECT sum((e ->> 4)::bigint) FROM jsonb_array_elements(entries) AS e));
        END IF;
        number := held.seq;
    END IF;

    IF NOT EXISTS (SELECT FROM ledger.book AS b WHERE b.book = its_book) THEN
        IF NOT rules.opens_book THEN
            RETURN jsonb_build_object('refused', 'unknown_book', 'book', its_book);
        END IF;
        INSERT INTO ledger.book (book, previous_hash, head_hash)
        VALUES (its_book, '', sha256(convert_to('xuqiao ledger ' || its_book, 'UTF8')));
    END IF;

    -- From here the tables' own constraints decide; what they refuse comes back as data, and nothing of it stays.
    BEGIN
        INSERT INTO ledger.journal (
            book, key, request_hash, kind, case_no, accounting_date, actor_id, evidence, terms_digest, reference, resolves
        ) VALUES (
            its_book, its_key, asked_hash, its_kind, its_case, (request ->> 'accounting_date')::date,
            request ->> 'actor_id', coalesce(request ->> 'evidence', ''), request ->> 'terms_digest',
            request ->> 'reference', number
        ) RETURNING seq INTO number;
        IF reservation IS NOT NULL THEN
            INSERT INTO ledger.hold VALUES (
                its_book, number, ledger.account_of(its_book, reservation ->> 0, reservation ->> 1),
                ledger.account_of(its_book, reservation ->> 2, reservation ->> 3),
                (reservation ->> 4)::bigint, (request ->> 'cap_fen')::bigint);
        END IF;
        FOR entry IN SELECT e FROM jsonb_array_elements(entries) AS e LOOP
            line := line + 1;
            INSERT INTO ledger.posting VALUES (
                its_book, number, line, ledger.account_of(its_book, entry ->> 0, entry ->> 1),
                ledger.account_of(its_book, entry ->> 2, entry ->> 3), (entry ->> 4)::bigint);
        END LOOP;
    EXCEPTION WHEN check_violation OR unique_violation OR foreign_key_violation THEN
        GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME;
        RETURN ledger.refusal(broken, its_book, its_case, entries || CASE WHEN reservation IS NULL THEN '[]'
            ELSE jsonb_build_array(reservation) END);
    END;
    RETURN jsonb_build_object('voucher', number, 'replayed', false);
END $$;
COMMENT ON FUNCTION ledger.post IS 'Writes one journal, replays the answer of its key, or answers why not';

-- The application may look, and may knock at the door; nothing else.
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ledger FROM PUBLIC;
GRANT USAGE ON SCHEMA ledger TO xuqiao_app;
GRANT SELECT ON ALL TABLES IN SCHEMA ledger TO xuqiao_app;
GRANT EXECUTE ON FUNCTION ledger.post(jsonb) TO xuqiao_app;
