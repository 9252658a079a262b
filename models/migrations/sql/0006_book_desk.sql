-- What officers book beside the cases: proposed by one person, where needed allowed by another, where money leaves by
-- hand paid by a third, then posted.

CREATE TABLE book_act (
    number BIGINT GENERATED ALWAYS AS IDENTITY,
    key TEXT NOT NULL,
    fund TEXT NOT NULL,
    book TEXT NOT NULL,
    kind TEXT NOT NULL,
    case_no TEXT,
    body JSONB NOT NULL,
    body_hash TEXT NOT NULL,
    evidence TEXT NOT NULL,
    maker TEXT NOT NULL,
    maker_name TEXT NOT NULL,
    proposed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    state TEXT NOT NULL,
    checker TEXT,
    checker_name TEXT,
    decided_at TIMESTAMP WITH TIME ZONE,
    payer TEXT,
    payer_name TEXT,
    reference TEXT,
    paid_at TIMESTAMP WITH TIME ZONE,
    taken_back_by TEXT,
    taken_back_name TEXT,
    taken_back_at TIMESTAMP WITH TIME ZONE,
    reason TEXT,
    voucher BIGINT,
    posted_at TIMESTAMP WITH TIME ZONE,
    outcome JSONB,
    PRIMARY KEY (number),
    CONSTRAINT book_act_key_once UNIQUE (book, key),
    FOREIGN KEY(fund) REFERENCES fund (code),
    CONSTRAINT book_of_its_fund CHECK (book IN (fund, fund || '-RC')),
    CONSTRAINT known_state CHECK (
        state IN ('proposed', 'allowed', 'paid', 'posted', 'rejected', 'taken_back', 'refused')
    ),
    CONSTRAINT maker_does_not_check CHECK (checker <> maker),
    CONSTRAINT payer_is_a_third CHECK (payer <> maker AND payer <> checker),
    CONSTRAINT decided_by_somebody CHECK (num_nulls(checker, checker_name, decided_at) IN (0, 3)),
    CONSTRAINT paid_by_somebody CHECK (num_nulls(payer, payer_name, reference, paid_at) IN (0, 4)),
    CONSTRAINT taken_back_by_somebody CHECK (num_nulls(taken_back_by, taken_back_name, taken_back_at) IN (0, 3)),
    CONSTRAINT allowed_by_another CHECK (
        kind NOT IN ('refund', 'spend', 'write_off', 'compensate', 'capital_out', 'reverse')
        OR state NOT IN ('allowed', 'paid', 'posted', 'taken_back') OR checker IS NOT NULL
    ),
    -- Money that leaves by hand is posted when a cashier has paid it; nothing else is paid here.
    CONSTRAINT paid_by_a_cashier CHECK (
        (kind IN ('refund', 'spend', 'compensate', 'capital_out') AND state IN ('paid', 'posted')) = (payer IS NOT NULL)
        AND (state <> 'paid' OR payer IS NOT NULL)
    ),
    CONSTRAINT reference_written_out CHECK (reference <> '' AND reference = btrim(reference)),
    CONSTRAINT taken_back_once CHECK ((state = 'taken_back') = (taken_back_by IS NOT NULL)),
    -- Whoever may write the state alone cannot bring back what was rejected or taken back: he may not write this.
    CONSTRAINT ended_for_a_reason CHECK ((state IN ('rejected', 'taken_back')) = (reason IS NOT NULL) AND reason <> ''),
    CONSTRAINT rejected_by_somebody CHECK (state <> 'rejected' OR checker IS NOT NULL),
    CONSTRAINT posted_as_a_voucher CHECK ((state = 'posted') = (voucher IS NOT NULL)),
    CONSTRAINT one_act_for_a_voucher UNIQUE (book, voucher),
    CONSTRAINT one_act_for_a_reference UNIQUE (book, reference)
);
COMMENT ON TABLE book_act IS
'An act of the desk of the books: who proposed it, who allowed it, who paid it, and the voucher it became.';
CREATE INDEX open_book_acts ON book_act (fund, number) WHERE state IN ('proposed', 'allowed', 'paid');

-- The desk writes what people say; the application only what became of it. Nobody changes what was proposed.
GRANT SELECT ON book_act TO xuqiao_app, xuqiao_desk;
GRANT INSERT ON book_act TO xuqiao_desk;
GRANT UPDATE (
    state, checker, checker_name, decided_at, payer, payer_name, reference, paid_at, taken_back_by, taken_back_name,
    taken_back_at, reason, outcome
) ON book_act TO xuqiao_desk;
GRANT UPDATE (state, voucher, posted_at, outcome) ON book_act TO xuqiao_app;

-- What was allowed and is taken back ---------------------------------------------------------------------------------

-- An approval waits until the money is paid, perhaps for days. Taken back, it must be void in the books themselves:
-- the application may consume any approval that stands there. A bridge's approval ends with its reservation instead.
CREATE TABLE ledger.void (
    approval text PRIMARY KEY REFERENCES ledger.approval,
    voided_by text NOT NULL CHECK (voided_by <> ''),
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE ledger.void IS 'An approval that was taken back before anything was posted with it: no journal may name it';

CREATE FUNCTION ledger.void_what_is_unused() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM ledger.journal AS j WHERE j.approval = NEW.approval AND j.kind <> 'intend')
        OR EXISTS (
            SELECT FROM ledger.approval AS a JOIN ledger.kind AS k USING (kind)
            WHERE a.key = NEW.approval AND k.opens_hold)
    THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'void_before_use',
            MESSAGE = 'the approval ' || NEW.approval || ' is consumed, or that of a hold';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION ledger.refuse_void() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM ledger.void AS v WHERE v.approval = NEW.approval) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'approval_taken_back',
            MESSAGE = 'the approval ' || NEW.approval || ' was taken back';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER void_what_is_unused BEFORE INSERT ON ledger.void
    FOR EACH ROW EXECUTE FUNCTION ledger.void_what_is_unused();
CREATE TRIGGER refuse_void BEFORE INSERT ON ledger.journal
    FOR EACH ROW WHEN (NEW.approval IS NOT NULL) EXECUTE FUNCTION ledger.refuse_void();
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.void
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
ALTER TABLE ledger.void ENABLE ALWAYS TRIGGER void_what_is_unused;
ALTER TABLE ledger.void ENABLE ALWAYS TRIGGER only_grows;
ALTER TABLE ledger.journal ENABLE ALWAYS TRIGGER refuse_void;

CREATE FUNCTION ledger.void_approval(request jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    its_book text;
    broken text;
BEGIN
    SELECT a.book INTO its_book FROM ledger.approval AS a WHERE a.key = request ->> 'approval';
    IF NOT FOUND THEN
        RETURN jsonb_build_object('refused', 'not_approved');
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('ledger/' || its_book, 0));
    IF EXISTS (SELECT FROM ledger.void AS v WHERE v.approval = request ->> 'approval') THEN
        RETURN jsonb_build_object('void', request ->> 'approval', 'replayed', true);
    END IF;
    INSERT INTO ledger.void (approval, voided_by) VALUES (request ->> 'approval', request ->> 'actor');
    RETURN jsonb_build_object('void', request ->> 'approval', 'replayed', false);
EXCEPTION WHEN check_violation THEN
    GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME;
    RETURN jsonb_build_object('refused', CASE broken
        WHEN 'void_before_use' THEN 'approval_used'
        ELSE 'broken_rule' END, 'rule', broken);
END $$;
COMMENT ON FUNCTION ledger.void_approval IS 'Takes back what two people allowed, before it is used; for the desk alone';

REVOKE ALL ON FUNCTION ledger.void_what_is_unused(), ledger.refuse_void(), ledger.void_approval(jsonb) FROM PUBLIC;
GRANT SELECT ON ledger.void TO xuqiao_app, xuqiao_desk;
-- Beside voiding, the desk must know what of a year's fees is spent before it lets more be spent.
GRANT EXECUTE ON FUNCTION ledger.void_approval(jsonb), ledger.year_of_fees(text, date) TO xuqiao_desk;
