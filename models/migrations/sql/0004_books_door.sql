-- The door again, for every event; and the desk's own doors, which the application that works the cases cannot open.
-- As before: one call, one journal, and only the doors fix the search path. It names pg_temp, which unnamed comes first.

-- By how much entries lessen each account, on its own side.
CREATE FUNCTION ledger.taken_from(entries jsonb) RETURNS TABLE (subject text, dimension text, asked numeric)
LANGUAGE sql STABLE AS $$
    SELECT s.subject, t.dimension, sum(CASE s.side WHEN t.taken_on THEN t.fen ELSE -t.fen END)
    FROM jsonb_array_elements(entries) AS e
    CROSS JOIN LATERAL (VALUES
        (e ->> 0, e ->> 1, 'C', (e ->> 4)::bigint), (e ->> 2, e ->> 3, 'D', (e ->> 4)::bigint)
    ) AS t (subject, dimension, taken_on, fen)
    JOIN ledger.subject AS s ON s.subject = t.subject
    GROUP BY s.subject, t.dimension
$$;

CREATE OR REPLACE FUNCTION ledger.refusal(broken text, of_book text, of_case text, entries jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
DECLARE
    short record;
    most bigint;
BEGIN
    IF broken = 'balance_not_overdrawn' THEN
        -- The account that has less than is asked of it; one of the bank account's parts, if several have.
        SELECT e.subject, e.dimension, e.asked, coalesce(CASE s.side
            WHEN 'D' THEN b.debit_fen - b.credit_fen - b.credit_held_fen
            ELSE b.credit_fen - b.debit_fen - b.debit_held_fen END - b.floor_fen, -s.first_floor_fen) AS available
        INTO short
        FROM ledger.taken_from(entries) AS e
        JOIN ledger.subject AS s ON s.subject = e.subject
        LEFT JOIN ledger.account AS a ON a.book = of_book AND a.subject = e.subject AND a.dimension = e.dimension
        LEFT JOIN ledger.balance AS b ON b.account = a.id
        WHERE e.asked > coalesce(CASE s.side
            WHEN 'D' THEN b.debit_fen - b.credit_fen - b.credit_held_fen
            ELSE b.credit_fen - b.debit_fen - b.debit_held_fen END - b.floor_fen, -s.first_floor_fen)
        ORDER BY e.subject <> 'escrow_bank', e.subject <> 'bridge_receivable', e.subject
        LIMIT 1;
        IF short.subject = 'escrow_bank' THEN
            RETURN jsonb_build_object('refused', CASE short.dimension WHEN 'pool' THEN 'pool_short' ELSE 'part_short' END,
                'available', short.available, 'asked', short.asked, 'part', short.dimension);
        ELSIF short.subject = 'bridge_receivable' THEN
            RETURN jsonb_build_object('refused', 'overdrawn', 'asked', short.asked, 'outstanding', short.available);
        ELSIF short.subject IS NOT NULL THEN
            RETURN jsonb_build_object('refused', 'account_short', 'subject', short.subject, 'kept_for', short.dimension,
                'available', short.available, 'asked', short.asked);
        END IF;
    ELSIF broken = 'balance_within_cap' THEN
        SELECT coalesce(max(b.cap_fen), 0) INTO most
        FROM ledger.account AS a JOIN ledger.balance AS b ON b.account = a.id
        WHERE a.book = of_book AND a.subject = 'bridge_receivable' AND a.dimension = of_case;
        RETURN jsonb_build_object('refused', 'over_cap', 'cap', most, 'asked', (
            SELECT sum((e ->> 4)::bigint) FROM jsonb_array_elements(entries) AS e WHERE e ->> 0 = 'bridge_receivable'));
    END IF;
    RETURN jsonb_build_object('book', of_book, 'refused', CASE broken
        WHEN 'journal_book_fkey' THEN 'unknown_book'
        WHEN 'journal_resolves_once' THEN 'hold_resolved'
        WHEN 'journal_reference_once' THEN 'reference_used'
        WHEN 'journal_reverses_once' THEN 'reversed_before'
        WHEN 'journal_approval_once' THEN 'approval_used'
        WHEN 'approval_taken_back' THEN 'approval_taken_back'
        WHEN 'period_closed' THEN 'period_closed'
        ELSE 'broken_rule' END, 'rule', broken);
END $$;

-- What an approval allows, as one digest: never dates or papers.
CREATE FUNCTION ledger.approved_hash(
    of_book text, of_kind text, of_case text, amount_fen bigint, about text, terms_digest text
) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(convert_to(jsonb_build_array(of_book, of_kind, of_case, amount_fen, about, terms_digest)::text, 'UTF8'))
$$;

-- Whose money an account speaks of: the fund's own, that of the fees, or that of others.
CREATE FUNCTION ledger.owner_of(subject text, part text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE subject
        WHEN 'escrow_bank' THEN part
        WHEN 'bridge_receivable' THEN 'pool'
        WHEN 'fee_income' THEN 'fees'
        ELSE 'set_aside'
    END
$$;

-- Whether all that belongs to an event is there, and once: two people allowed one amount, not one amount several times;
-- what is written off stays on record; and what leaves one owner's account in the bank leaves what he is owed as well.
CREATE FUNCTION ledger.is_whole(of_kind text, of_case text, about text, entries jsonb) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN of_kind = 'compensate' THEN jsonb_array_length(entries) = 1
        WHEN of_kind = 'refund' THEN -- to a case what is owed to it, never what came in for nobody yet
            jsonb_array_length(entries) = 1 AND (entries #>> '{0,0}' = 'refund_due') = (of_case IS NOT NULL)
        WHEN of_kind IN ('spend', 'capital_out') THEN jsonb_array_length(entries) = 1 AND entries #>> '{0,1}' = about
        WHEN of_kind IN ('write_off', 'recover') THEN
            jsonb_array_length(entries) = 2 AND entries #>> '{0,0}' <> entries #>> '{1,0}'
            AND entries #>> '{0,4}' = entries #>> '{1,4}'
        WHEN of_kind IN ('match', 'true_up', 'guarantor_in') THEN NOT EXISTS (
            SELECT FROM jsonb_array_elements(entries) AS e
            CROSS JOIN LATERAL (VALUES
                (ledger.owner_of(e ->> 0, e ->> 1), (e ->> 4)::bigint),
                (ledger.owner_of(e ->> 2, e ->> 3), -(e ->> 4)::bigint)
            ) AS t (owner, fen)
            GROUP BY t.owner HAVING sum(t.fen) <> 0)
        ELSE true
    END
$$;

-- Whether entries are those of another journal with debit and credit exchanged.
CREATE FUNCTION ledger.reverses_exactly(of_book text, of_seq bigint, entries jsonb) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT entries = (
        SELECT jsonb_agg(jsonb_build_array(c.subject, c.dimension, d.subject, d.dimension, p.amount_fen) ORDER BY p.line)
        FROM ledger.posting AS p
        JOIN ledger.account AS d ON d.id = p.debit
        JOIN ledger.account AS c ON c.id = p.credit
        WHERE p.book = of_book AND p.seq = of_seq
    )
$$;

-- What is spent of a year's fee income, on whatever day of it, and what had come in by a day; both in fen. Carrying
-- over, or taking that back, neither spends nor earns.
CREATE FUNCTION ledger.year_of_fees(of_book text, on_day date, OUT spent bigint, OUT income bigint)
LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(p.amount_fen) FILTER (WHERE d.subject = 'fee_spending'), 0)
             - coalesce(sum(p.amount_fen) FILTER (WHERE c.subject = 'fee_spending'), 0),
           coalesce(sum(p.amount_fen) FILTER (WHERE c.subject = 'fee_income' AND j.accounting_date <= on_day), 0)
             - coalesce(sum(p.amount_fen) FILTER (WHERE d.subject = 'fee_income' AND j.accounting_date <= on_day), 0)
    FROM ledger.journal AS j
    JOIN ledger.posting AS p USING (book, seq)
    JOIN ledger.account AS d ON d.id = p.debit
    JOIN ledger.account AS c ON c.id = p.credit
    WHERE j.book = of_book AND d.subject <> 'surplus' AND c.subject <> 'surplus'
        AND j.accounting_date >= date_trunc('year', on_day)
        AND j.accounting_date < date_trunc('year', on_day) + interval '1 year'
$$;

CREATE OR REPLACE FUNCTION ledger.post(request jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    its_book CONSTANT text := request ->> 'book';
    its_key CONSTANT text := request ->> 'key';
    its_kind CONSTANT text := request ->> 'kind';
    its_case CONSTANT text := request ->> 'case_no';
    its_terms CONSTANT text := request ->> 'terms_digest';
    its_day CONSTANT date := (request ->> 'accounting_date')::date;
    its_approval CONSTANT text := request ->> 'approval';
    its_reversed CONSTANT text := request ->> 'reverses';
    its_about CONSTANT text := request ->> 'about';
    cap CONSTANT bigint := (request ->> 'cap_fen')::bigint;
    entries CONSTANT jsonb := coalesce(request -> 'lines', '[]');
    holds CONSTANT boolean := coalesce(jsonb_typeof(request -> 'hold') = 'array', false);
    everything CONSTANT jsonb := entries || CASE WHEN holds THEN jsonb_build_array(request -> 'hold') ELSE '[]' END;
    last_entry CONSTANT int := jsonb_array_length(everything);
    asked_hash bytea;
    beside jsonb := '[]';
    rules ledger.kind;
    earlier record;
    before record;
    allowed record;
    entry jsonb;
    debits bigint[];
    credits bigint[];
    amounts bigint[];
    debit bigint;
    credit bigint;
    asked bigint := 0;
    resolved bigint;
    reversed bigint;
    number bigint;
    fees record;
    broken text;
BEGIN
    -- Never dates, actors or papers: the same leg asked again on another day is the same request.
    IF coalesce(its_about, its_approval, its_reversed) IS NOT NULL THEN
        beside := jsonb_build_array(jsonb_strip_nulls(jsonb_build_object(
            'about', its_about, 'approval', its_approval, 'reverses', its_reversed)));
    END IF;
    asked_hash := sha256(convert_to((jsonb_build_array(
        its_book, its_key, its_kind, its_case, request ->> 'reference', its_terms, request ->> 'resolves', entries,
        CASE WHEN holds THEN request -> 'hold' END, cap) || beside)::text, 'UTF8'));

    -- One writer per book: callers queue here rather than on row locks.
    PERFORM pg_advisory_xact_lock(hashtextextended('ledger/' || its_book, 0));

    SELECT j.seq, j.request_hash INTO earlier FROM ledger.journal AS j WHERE j.key = its_key;
    IF FOUND THEN
        IF earlier.request_hash = asked_hash THEN
            RETURN jsonb_build_object('voucher', earlier.seq, 'replayed', true);
        END IF;
        RETURN jsonb_build_object('refused', 'key_conflict', 'key', its_key, 'voucher', earlier.seq);
    END IF;

    SELECT * INTO rules FROM ledger.kind AS k WHERE k.kind = its_kind;
    IF NOT FOUND
        OR rules.opens_hold <> holds
        OR rules.opens_hold <> (cap IS NOT NULL)
        OR rules.resolves_hold <> (request ->> 'resolves' IS NOT NULL)
        OR rules.reverses <> (its_reversed IS NOT NULL)
        OR rules.needs_approval <> (its_approval IS NOT NULL)
        OR (its_about IS NOT NULL AND (rules.reverses OR NOT rules.needs_approval)) -- no row would keep it
        OR (last_entry = 0 AND its_kind <> 'release')
        OR (rules.opens_hold AND (entries <> '[]' OR cap > (everything #>> '{0,4}')::bigint))
        OR ((its_kind IN ('match', 'true_up', 'guarantor_in', 'recover') OR (rules.needs_approval AND NOT rules.opens_hold))
            AND NOT ledger.is_whole(its_kind, its_case, coalesce(its_about, ''), entries))
    THEN
        RETURN jsonb_build_object('refused', 'not_permitted', 'kind', its_kind);
    END IF;

    FOR n IN 1 .. last_entry LOOP
        entry := everything -> (n - 1);
        -- Whole fen: 1.005 is an error here, never a rounding.
        amounts[n] := (entry ->> 4)::bigint;
        asked := asked + amounts[n];
        IF entry <> jsonb_build_array(entry ->> 0, entry ->> 1, entry ->> 2, entry ->> 3, amounts[n]) THEN
            RETURN jsonb_build_object('refused', 'not_permitted', 'kind', its_kind);
        END IF;
        CONTINUE WHEN rules.reverses;
        -- What an event of this kind may make; a case's account is touched by that case only.
        SELECT d.id, c.id INTO debit, credit
        FROM ledger.permitted AS p
        JOIN ledger.subject AS ds ON ds.subject = p.debit
        JOIN ledger.subject AS cs ON cs.subject = p.credit
        LEFT JOIN ledger.account AS d ON d.book = its_book AND d.subject = p.debit AND d.dimension = entry ->> 1
        LEFT JOIN ledger.account AS c ON c.book = its_book AND c.subject = p.credit AND c.dimension = entry ->> 3
        WHERE p.kind = its_kind AND p.debit = entry ->> 0 AND p.credit = entry ->> 2
            AND (p.debit_part IS NULL OR p.debit_part = entry ->> 1)
            AND (p.credit_part IS NULL OR p.credit_part = entry ->> 3)
            AND (ds.kept_by <> 'case' OR its_kind = 'carry_over' OR its_case = entry ->> 1)
            AND (cs.kept_by <> 'case' OR its_kind = 'carry_over' OR its_case = entry ->> 3);
        IF NOT FOUND THEN
            RETURN jsonb_build_object('refused', 'not_permitted', 'kind', its_kind);
        END IF;
        debits[n] := debit;
        credits[n] := credit;
    END LOOP;

    IF rules.resolves_hold THEN
        SELECT h.seq, h.amount_fen, h.cap_fen, j.kind, j.terms_digest INTO before
        FROM ledger.journal AS j JOIN ledger.hold AS h USING (book, seq)
        WHERE j.key = request ->> 'resolves' AND j.book = its_book AND j.case_no = its_case
            AND EXISTS (SELECT FROM ledger.follows AS f WHERE f.kind = its_kind AND f.of_kind = j.kind);
        IF NOT FOUND THEN
            RETURN jsonb_build_object('refused', 'unknown_hold', 'hold', request ->> 'resolves');
        END IF;
        IF its_kind <> 'release' AND (
            last_entry <> 1 OR asked <> before.amount_fen
            OR coalesce(cap, before.cap_fen) <> before.cap_fen OR its_terms IS DISTINCT FROM before.terms_digest)
        THEN
            RETURN jsonb_build_object('refused', 'hold_mismatch', 'reserved', before.amount_fen, 'asked', asked);
        END IF;
        resolved := before.seq;
    END IF;

    IF rules.reverses THEN
        SELECT j.seq, j.case_no INTO before FROM ledger.journal AS j JOIN ledger.kind AS k USING (kind)
        WHERE j.key = its_reversed AND j.book = its_book
            AND NOT (k.opens_hold OR k.resolves_hold OR k.reverses);
        IF NOT FOUND OR before.case_no IS DISTINCT FROM its_case
            OR NOT ledger.reverses_exactly(its_book, before.seq, entries)
        THEN
            RETURN jsonb_build_object('refused', 'not_reversible', 'reverses', its_reversed);
        END IF;
        reversed := before.seq;
    END IF;

    IF rules.needs_approval THEN
        SELECT a.request_hash, a.after_seq INTO allowed FROM ledger.approval AS a
        WHERE a.key = its_approval AND a.book = its_book;
        -- Of a reversal, all its entries; of any other event, its one amount, however many rows write it.
        IF NOT FOUND OR NOT (rules.reverses OR amounts[1] = ALL (amounts))
            OR allowed.request_hash <> ledger.approved_hash(
                its_book, its_kind, its_case, CASE WHEN rules.reverses THEN asked ELSE amounts[1] END,
                coalesce(its_reversed, its_about, ''), its_terms)
        THEN
            RETURN jsonb_build_object('refused', 'not_approved', 'approval', its_approval);
        END IF;
        -- Used before, it serves only to send again what failed; what was released since has made it void.
        IF its_kind = 'intend' THEN -- its own condition: of other kinds there is no hold to look at
            IF EXISTS (
                SELECT FROM ledger.journal AS j WHERE j.book = its_book AND j.case_no = its_case AND (
                    (j.kind = 'intend' AND j.approval = its_approval AND before.kind <> 'fail')
                    OR (j.kind = 'release' AND j.seq > allowed.after_seq)))
            THEN
                RETURN jsonb_build_object('refused', 'approval_used', 'approval', its_approval);
            END IF;
        END IF;
    END IF;

    IF its_kind = 'spend' AND request ->> 'limit_ppm' IS NOT NULL THEN
        SELECT * INTO fees FROM ledger.year_of_fees(its_book, its_day);
        IF fees.spent + asked > floor(fees.income * (request ->> 'limit_ppm')::numeric / 1000000) THEN
            RETURN jsonb_build_object('refused', 'over_spending_limit', 'spent', fees.spent, 'income', fees.income,
                'asked', asked);
        END IF;
    END IF;

    -- From here the tables' own constraints decide; what they refuse comes back as data, and nothing of it stays.
    BEGIN
        IF rules.opens_book AND NOT EXISTS (SELECT FROM ledger.book AS b WHERE b.book = its_book) THEN
            INSERT INTO ledger.book (book, previous_hash, head_hash)
            VALUES (its_book, '', sha256(convert_to('xuqiao ledger ' || its_book, 'UTF8')));
        END IF;
        INSERT INTO ledger.journal (
            book, key, request_hash, kind, case_no, accounting_date, actor_id, evidence, terms_digest, reference,
            resolves, approval, reverses
        ) VALUES (
            its_book, its_key, asked_hash, its_kind, its_case, its_day, request ->> 'actor_id',
            coalesce(request ->> 'evidence', ''), its_terms, request ->> 'reference', resolved, its_approval, reversed
        ) RETURNING seq INTO number;
        FOR n IN 1 .. last_entry LOOP
            IF debits[n] IS NULL THEN
                debits[n] := ledger.account_of(its_book, everything -> (n - 1) ->> 0, everything -> (n - 1) ->> 1);
            END IF;
            IF credits[n] IS NULL THEN
                credits[n] := ledger.account_of(its_book, everything -> (n - 1) ->> 2, everything -> (n - 1) ->> 3);
            END IF;
        END LOOP;
        IF holds THEN
            INSERT INTO ledger.hold VALUES (its_book, number, debits[1], credits[1], amounts[1], cap);
        ELSIF last_entry > 0 THEN
            INSERT INTO ledger.posting SELECT its_book, number, t.n, t.debit, t.credit, t.fen
            FROM unnest(debits, credits, amounts) WITH ORDINALITY AS t (debit, credit, fen, n);
        END IF;
    EXCEPTION WHEN check_violation OR unique_violation OR foreign_key_violation THEN
        GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME;
        RETURN ledger.refusal(broken, its_book, its_case, everything);
    END;
    RETURN jsonb_build_object('voucher', number, 'replayed', false);
END $$;

-- The desk's doors --------------------------------------------------------------------------------------------------

CREATE FUNCTION ledger.approve(request jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    hash CONSTANT bytea := ledger.approved_hash(
        request ->> 'book', request ->> 'kind', request ->> 'case_no', (request ->> 'amount_fen')::bigint,
        request ->> 'about', request ->> 'terms_digest');
    earlier record;
    broken text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('ledger/' || (request ->> 'book'), 0));
    SELECT a.request_hash, a.maker, a.checker INTO earlier FROM ledger.approval AS a WHERE a.key = request ->> 'key';
    IF FOUND THEN
        IF (earlier.request_hash, earlier.maker, earlier.checker)
            = (hash, request ->> 'maker', request ->> 'checker')
        THEN
            RETURN jsonb_build_object('approval', request ->> 'key', 'replayed', true);
        END IF;
        RETURN jsonb_build_object('refused', 'key_conflict', 'key', request ->> 'key');
    END IF;
    BEGIN
        INSERT INTO ledger.approval (
            key, book, request_hash, kind, case_no, amount_fen, about, terms_digest, maker, checker, after_seq
        ) VALUES (
            request ->> 'key', request ->> 'book', hash, request ->> 'kind', request ->> 'case_no',
            (request ->> 'amount_fen')::bigint, request ->> 'about', request ->> 'terms_digest', request ->> 'maker',
            request ->> 'checker',
            coalesce((SELECT b.last_seq FROM ledger.book AS b WHERE b.book = request ->> 'book'), 0));
    EXCEPTION WHEN check_violation OR foreign_key_violation THEN
        GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME;
        RETURN jsonb_build_object('refused', CASE broken
            WHEN 'approval_needs_two_people' THEN 'same_person'
            WHEN 'approval_book_fkey' THEN 'unknown_book'
            ELSE 'broken_rule' END, 'rule', broken, 'book', request ->> 'book');
    END;
    RETURN jsonb_build_object('approval', request ->> 'key', 'replayed', false);
END $$;
COMMENT ON FUNCTION ledger.approve IS 'Puts in what two people allowed, once; for the desk alone';

CREATE FUNCTION ledger.close_books(of_book text, through_day date, actor text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    closed date;
    last bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('ledger/' || of_book, 0));
    SELECT closed_through, last_seq INTO closed, last FROM ledger.book WHERE book = of_book;
    IF NOT FOUND THEN
        RETURN jsonb_build_object('refused', 'unknown_book', 'book', of_book);
    ELSIF closed >= through_day THEN
        RETURN jsonb_build_object('refused', 'period_closed', 'through', closed);
    END IF;
    INSERT INTO ledger.closing (book, through, last_seq, closed_by) VALUES (of_book, through_day, last, actor);
    RETURN jsonb_build_object('through', through_day, 'voucher', last);
END $$;
COMMENT ON FUNCTION ledger.close_books IS 'Closes a period of a book; for the desk alone';

CREATE FUNCTION ledger.set_seal(request jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    broken text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('ledger/' || (request ->> 'book'), 0));
    INSERT INTO ledger.seal (book, day, last_seq, head_hash, trial_sha256, trial_sm3, key_id, signature) VALUES (
        request ->> 'book', (request ->> 'day')::date, (request ->> 'last_seq')::bigint,
        decode(request ->> 'head_hash', 'hex'), decode(request ->> 'trial_sha256', 'hex'),
        decode(request ->> 'trial_sm3', 'hex'), request ->> 'key_id', decode(request ->> 'signature', 'hex'));
    RETURN jsonb_build_object('day', request ->> 'day');
EXCEPTION WHEN check_violation OR unique_violation OR foreign_key_violation THEN
    GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME;
    RETURN jsonb_build_object('refused', CASE broken
        WHEN 'seal_pkey' THEN 'sealed_before'
        WHEN 'seal_of_the_head' THEN 'head_moved'
        ELSE 'broken_rule' END, 'rule', broken, 'day', request ->> 'day');
END $$;
COMMENT ON FUNCTION ledger.set_seal IS 'Sets a day''s seal on the head of a book; for the desk alone';

DROP FUNCTION ledger.is_permitted(text, text, jsonb);
DROP FUNCTION ledger.entry(jsonb);

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ledger FROM PUBLIC;
GRANT SELECT ON ALL TABLES IN SCHEMA ledger TO xuqiao_app;
GRANT USAGE ON SCHEMA ledger TO xuqiao_desk;
GRANT SELECT ON ALL TABLES IN SCHEMA ledger TO xuqiao_desk;
GRANT EXECUTE ON FUNCTION ledger.approve(jsonb), ledger.close_books(text, date, text), ledger.set_seal(jsonb)
    TO xuqiao_desk;

-- The desk writes what officers do, and reads everything; it posts nothing and works no case.
GRANT USAGE ON SCHEMA public TO xuqiao_desk;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO xuqiao_desk;
GRANT INSERT ON officer_act TO xuqiao_desk;
GRANT UPDATE (state, outcome, decided_at) ON officer_act TO xuqiao_desk;
