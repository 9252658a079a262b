-- What officers book beside the cases: proposed by one person, where needed allowed by another, then posted.

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
    reason TEXT,
    voucher BIGINT,
    posted_at TIMESTAMP WITH TIME ZONE,
    outcome JSONB,
    PRIMARY KEY (number),
    CONSTRAINT book_act_key_once UNIQUE (book, key),
    FOREIGN KEY(fund) REFERENCES fund (code),
    CONSTRAINT book_of_its_fund CHECK (book IN (fund, fund || '-RC')),
    CONSTRAINT known_state CHECK (state IN ('proposed', 'allowed', 'posted', 'rejected', 'refused')),
    CONSTRAINT maker_does_not_check CHECK (checker <> maker),
    CONSTRAINT decided_by_somebody CHECK (num_nulls(checker, checker_name, decided_at) IN (0, 3)),
    CONSTRAINT allowed_by_another CHECK (
        kind NOT IN ('refund', 'spend', 'write_off', 'compensate', 'capital_out', 'reverse')
        OR state NOT IN ('allowed', 'posted') OR checker IS NOT NULL
    ),
    CONSTRAINT rejected_for_a_reason CHECK (state <> 'rejected' OR (checker IS NOT NULL AND reason <> '')),
    CONSTRAINT posted_as_a_voucher CHECK ((state = 'posted') = (voucher IS NOT NULL)),
    CONSTRAINT one_act_for_a_voucher UNIQUE (book, voucher)
);
COMMENT ON TABLE book_act IS 'An act of the desk of the books: who proposed it, who allowed it, and the voucher it became.';
CREATE INDEX open_book_acts ON book_act (fund, number) WHERE state IN ('proposed', 'allowed');

-- The desk writes what people say; the application only what became of it. Nobody changes what was proposed.
GRANT SELECT ON book_act TO xuqiao_app, xuqiao_desk;
GRANT INSERT ON book_act TO xuqiao_desk;
GRANT UPDATE (state, checker, checker_name, decided_at, reason, outcome) ON book_act TO xuqiao_desk;
GRANT UPDATE (state, voucher, posted_at, outcome) ON book_act TO xuqiao_app;
