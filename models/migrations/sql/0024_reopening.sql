-- Taking back a close takes two: one asks for it with a reason, another person carries it out. It is a link of the chain
-- like the close itself, and only the last close of a book can be taken back.

ALTER TABLE ledger.closing
    DROP CONSTRAINT closing_pkey,
    ADD COLUMN serial bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ADD COLUMN asked_by text,
    ADD COLUMN reason text,
    ADD CONSTRAINT reopening_has_a_reason CHECK ((asked_by IS NULL) = (reason IS NULL)),
    ADD CONSTRAINT reopening_needs_two_people CHECK (
        asked_by IS NULL OR (ledger.person(asked_by) <> '' AND ledger.person(asked_by) <> ledger.person(closed_by)));
COMMENT ON TABLE ledger.closing IS 'A period that takes nothing more: every accounting date up to and with this day; or, where two people asked and decided, that close taken back';

-- The last close before a day that was not taken back since.
CREATE FUNCTION ledger.closed_before(of_book text, before date) RETURNS date LANGUAGE sql STABLE AS $$
    SELECT max(through) FROM (
        SELECT DISTINCT ON (through) through, asked_by FROM ledger.closing
        WHERE book = of_book AND through < before ORDER BY through, serial DESC
    ) AS last WHERE asked_by IS NULL
$$;

CREATE OR REPLACE FUNCTION ledger.close_period() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    day CONSTANT text := to_char(NEW.through, 'YYYY-MM-DD');
BEGIN
    IF NEW.asked_by IS NULL THEN
        UPDATE ledger.book SET
            closed_through = NEW.through,
            previous_hash = head_hash,
            head_hash = ledger.link(head_hash, jsonb_build_array(day, NEW.closed_by))
        WHERE book = NEW.book AND last_seq = NEW.last_seq AND (closed_through IS NULL OR closed_through < NEW.through);
    ELSE
        UPDATE ledger.book SET
            closed_through = ledger.closed_before(NEW.book, NEW.through),
            previous_hash = head_hash,
            head_hash = ledger.link(head_hash, jsonb_build_array('reopened', day, NEW.closed_by, NEW.asked_by))
        WHERE book = NEW.book AND last_seq = NEW.last_seq AND closed_through = NEW.through;
    END IF;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'closing_goes_forward',
            MESSAGE = 'a period closes once, after the one before it, with the last voucher of its book';
    END IF;
    RETURN NULL;
END $$;

-- For the change that two people made; nobody may call it otherwise.
CREATE FUNCTION ledger.reopen_books(of_fund text, through_day date, asked text, why text, actor text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    each record;
    later date;
    reopened int := 0;
BEGIN
    FOR each IN SELECT book FROM ledger.book WHERE book IN (of_fund, of_fund || '-RC') ORDER BY book LOOP
        PERFORM pg_advisory_xact_lock(hashtextextended('ledger/' || each.book, 0));
    END LOOP;
    SELECT max(closed_through) INTO later FROM ledger.book WHERE book IN (of_fund, of_fund || '-RC');
    IF later IS DISTINCT FROM through_day THEN
        RETURN jsonb_build_object('refused', 'ledger.not_last_close', 'fund', of_fund, 'through', through_day,
            'closed', coalesce(later::text, '-'));
    END IF;
    INSERT INTO ledger.closing (book, through, last_seq, closed_by, asked_by, reason)
    SELECT book, through_day, last_seq, actor, asked, why FROM ledger.book
    WHERE book IN (of_fund, of_fund || '-RC') AND closed_through = through_day ORDER BY book;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION ledger.reopen_books IS 'Takes back the last close of a fund''s books, for a change that two people made';
REVOKE ALL ON FUNCTION ledger.closed_before(text, date), ledger.reopen_books(text, date, text, text, text) FROM PUBLIC;

-- What two people change of a fund: also its last close. -----------------------------------------------------------------

ALTER FUNCTION carry_out(fund_change) RENAME TO carry_out_for_people;

CREATE FUNCTION carry_out(change public.fund_change, by_person text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF change.kind = 'reopen_books' THEN
        RETURN ledger.reopen_books(change.fund, (change.content ->> 'through')::date, change.proposed_by, change.reason,
            by_person);
    END IF;
    RETURN public.carry_out_for_people(change);
END $$;
REVOKE ALL ON FUNCTION carry_out(fund_change, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION propose_change(of_fund text, of_kind text, what jsonb, why text, by_person text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    number integer;
BEGIN
    IF of_kind NOT IN ('grant_role', 'take_role', 'rename_person', 'set_bank', 'match_line', 'reopen_books') THEN
        RETURN jsonb_build_object('refused', 'change.unknown', 'kind', of_kind);
    ELSIF NOT public.holds(of_fund, by_person, ARRAY['maker', 'checker']) THEN
        RETURN jsonb_build_object('refused', 'change.not_yours', 'user', by_person, 'fund', of_fund);
    END IF;
    INSERT INTO public.fund_change (fund, kind, content, reason, proposed_by, proposed_name)
    SELECT of_fund, of_kind, what, why, p.id, p.name FROM public.person AS p WHERE p.id = by_person
    RETURNING id INTO number;
    RETURN jsonb_build_object('number', number);
END $$;

CREATE OR REPLACE FUNCTION decide_change(number integer, approved boolean, by_person text, why text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    change public.fund_change;
    refusal jsonb;
BEGIN
    SELECT * INTO change FROM public.fund_change WHERE id = number FOR UPDATE;
    IF NOT FOUND THEN
        RETURN jsonb_build_object('refused', 'change.unknown_number', 'number', number);
    ELSIF change.state <> 'proposed' THEN
        RETURN jsonb_build_object('refused', 'change.decided', 'number', number, 'state', change.state,
            'person', change.decided_name);
    ELSIF change.proposed_by = by_person THEN
        RETURN jsonb_build_object('refused', 'change.same_person', 'number', number, 'person', change.proposed_name);
    ELSIF change.content ->> 'person' = by_person THEN
        RETURN jsonb_build_object('refused', 'change.of_himself', 'number', number, 'user', by_person);
    ELSIF NOT public.holds(change.fund, by_person, ARRAY['checker']) THEN
        RETURN jsonb_build_object('refused', 'change.not_yours_to_decide', 'user', by_person, 'fund', change.fund);
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('fund_people/' || change.fund, 0));
    IF approved THEN
        refusal := public.carry_out(change, by_person);
        IF refusal IS NOT NULL THEN
            RETURN refusal;
        END IF;
    END IF;
    UPDATE public.fund_change SET
        state = CASE WHEN approved THEN 'approved' ELSE 'rejected' END,
        decided_by = by_person, decided_name = (SELECT name FROM public.person WHERE id = by_person),
        decided_at = clock_timestamp(), remark = why
    WHERE id = number;
    RETURN jsonb_build_object('number', number);
END $$;
