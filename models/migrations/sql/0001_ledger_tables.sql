-- The books of the funds: double entry in whole fen, append-only, guarded by the database itself.
-- One row of ledger.posting is one debit and one credit, so books that do not balance cannot be written down.

CREATE SCHEMA ledger;

-- What may be written ---------------------------------------------------------------------------------------------

CREATE TABLE ledger.subject (
    subject text PRIMARY KEY,
    side char(1) NOT NULL CHECK (side IN ('D', 'C')),
    kept_by text NOT NULL CHECK (kept_by IN ('part', 'case', 'contributor', 'reference')),
    first_cap_fen bigint CHECK (first_cap_fen >= 0)
);
COMMENT ON TABLE ledger.subject IS 'One kind of account: its side, what it is kept by, and the cap a new account of it starts with';

INSERT INTO ledger.subject VALUES
    ('escrow_bank', 'D', 'part', NULL),
    ('bridge_receivable', 'D', 'case', 0), -- nothing may be lent before an approval has set the cap
    ('contribution', 'C', 'contributor', NULL),
    ('fee_income', 'C', 'case', NULL),
    ('unmatched', 'C', 'reference', NULL),
    ('refund_due', 'C', 'case', NULL);

CREATE TABLE ledger.kind (
    kind text PRIMARY KEY,
    opens_book boolean NOT NULL,
    opens_hold boolean NOT NULL,
    resolves_hold boolean NOT NULL
);
COMMENT ON TABLE ledger.kind IS 'One kind of event';

INSERT INTO ledger.kind VALUES
    ('capital_in', true, false, false),
    ('reserve', false, true, false),
    ('release', false, false, true),
    ('disburse', false, false, true),
    ('receive', false, false, false),
    ('unmatched', false, false, false);

CREATE TABLE ledger.permitted (
    kind text NOT NULL REFERENCES ledger.kind,
    debit text NOT NULL REFERENCES ledger.subject,
    debit_part text,
    credit text NOT NULL REFERENCES ledger.subject,
    credit_part text,
    PRIMARY KEY (kind, debit, credit)
);
COMMENT ON TABLE ledger.permitted IS 'One entry an event may make; a part named here is the only one it may touch';

INSERT INTO ledger.permitted VALUES
    ('capital_in', 'escrow_bank', 'pool', 'contribution', NULL),
    ('reserve', 'bridge_receivable', NULL, 'escrow_bank', 'pool'),
    ('disburse', 'bridge_receivable', NULL, 'escrow_bank', 'pool'),
    ('receive', 'escrow_bank', 'pool', 'bridge_receivable', NULL),
    ('receive', 'escrow_bank', 'fees', 'fee_income', NULL),
    ('receive', 'escrow_bank', 'set_aside', 'refund_due', NULL),
    ('unmatched', 'escrow_bank', 'set_aside', 'unmatched', NULL);

-- The books -------------------------------------------------------------------------------------------------------

CREATE TABLE ledger.book (
    book text PRIMARY KEY CHECK (book <> '' AND position('/' IN book) = 0),
    last_seq bigint NOT NULL DEFAULT 0,
    previous_hash bytea NOT NULL,
    head_hash bytea NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE ledger.book IS 'The book of one fund: its last voucher number and the head of its chain';

CREATE TABLE ledger.account (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    book text NOT NULL REFERENCES ledger.book,
    subject text NOT NULL REFERENCES ledger.subject,
    dimension text NOT NULL CHECK (dimension <> ''),
    UNIQUE (book, subject, dimension),
    UNIQUE (book, id)
);
COMMENT ON TABLE ledger.account IS 'One account of a book, for one case, contributor, reference or part';

CREATE TABLE ledger.balance (
    account bigint PRIMARY KEY REFERENCES ledger.account,
    side char(1) NOT NULL CHECK (side IN ('D', 'C')),
    debit_fen bigint NOT NULL DEFAULT 0,
    credit_fen bigint NOT NULL DEFAULT 0,
    debit_held_fen bigint NOT NULL DEFAULT 0,
    credit_held_fen bigint NOT NULL DEFAULT 0,
    floor_fen bigint NOT NULL DEFAULT 0,
    cap_fen bigint,
    CONSTRAINT balance_never_negative
        CHECK (least(debit_fen, credit_fen, debit_held_fen, credit_held_fen, coalesce(cap_fen, 0)) >= 0),
    CONSTRAINT balance_not_overdrawn CHECK (
        CASE side
            WHEN 'D' THEN debit_fen - credit_fen - credit_held_fen
            ELSE credit_fen - debit_fen - debit_held_fen
        END >= floor_fen
    ),
    -- All that was ever lent counts, not what is still out: one approval is lent once.
    CONSTRAINT balance_within_cap CHECK (
        cap_fen IS NULL
        OR CASE side WHEN 'D' THEN debit_fen + debit_held_fen ELSE credit_fen + credit_held_fen END <= cap_fen
    )
) WITH (fillfactor = 50);
COMMENT ON TABLE ledger.balance IS 'Turnover of one account so far, and what is held for it; moved by triggers only';

CREATE TABLE ledger.journal (
    book text NOT NULL REFERENCES ledger.book,
    seq bigint NOT NULL,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    kind text NOT NULL REFERENCES ledger.kind,
    case_no text,
    accounting_date date NOT NULL,
    at timestamptz NOT NULL,
    actor_id text NOT NULL CHECK (actor_id <> ''),
    evidence text NOT NULL,
    terms_digest text,
    reference text CHECK (reference <> ''),
    resolves bigint,
    prev_hash bytea NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (book, seq),
    CONSTRAINT journal_key_once UNIQUE (key),
    CONSTRAINT journal_key_of_its_book CHECK (starts_with(key, book || '/')),
    CONSTRAINT journal_resolves_once UNIQUE (book, resolves),
    CONSTRAINT journal_reference_once UNIQUE (book, kind, reference)
);
CREATE INDEX journal_of_case ON ledger.journal (book, case_no);
COMMENT ON TABLE ledger.journal IS 'One event; with its rows it is the voucher of its number (记账凭证). Chained by SHA-256';

CREATE TABLE ledger.posting (
    book text NOT NULL,
    seq bigint NOT NULL,
    line smallint NOT NULL,
    debit bigint NOT NULL,
    credit bigint NOT NULL,
    amount_fen bigint NOT NULL CONSTRAINT posting_above_zero CHECK (amount_fen > 0),
    PRIMARY KEY (book, seq, line),
    FOREIGN KEY (book, seq) REFERENCES ledger.journal,
    FOREIGN KEY (book, debit) REFERENCES ledger.account (book, id),
    FOREIGN KEY (book, credit) REFERENCES ledger.account (book, id),
    CHECK (debit <> credit)
);
COMMENT ON TABLE ledger.posting IS 'One entry: one account is debited, one is credited, by the same amount';

CREATE TABLE ledger.hold (
    book text NOT NULL,
    seq bigint NOT NULL,
    debit bigint NOT NULL,
    credit bigint NOT NULL,
    amount_fen bigint NOT NULL CONSTRAINT hold_above_zero CHECK (amount_fen > 0),
    cap_fen bigint NOT NULL,
    PRIMARY KEY (book, seq),
    FOREIGN KEY (book, seq) REFERENCES ledger.journal,
    FOREIGN KEY (book, debit) REFERENCES ledger.account (book, id),
    FOREIGN KEY (book, credit) REFERENCES ledger.account (book, id),
    CHECK (debit <> credit)
);
COMMENT ON TABLE ledger.hold IS 'Money set aside for one approved case; ends with the one journal that resolves it';

ALTER TABLE ledger.journal ADD CONSTRAINT journal_resolves_a_hold
    FOREIGN KEY (book, resolves) REFERENCES ledger.hold (book, seq);

CREATE VIEW ledger.voucher_line AS
SELECT
    j.book,
    j.seq AS voucher,
    p.line,
    j.accounting_date,
    j.kind,
    j.case_no,
    d.subject AS debit,
    d.dimension AS debit_for,
    c.subject AS credit,
    c.dimension AS credit_for,
    (p.amount_fen / 100.0)::numeric(20, 2) AS amount_yuan,
    j.reference,
    j.actor_id
FROM ledger.journal AS j
JOIN ledger.posting AS p USING (book, seq)
JOIN ledger.account AS d ON d.id = p.debit
JOIN ledger.account AS c ON c.id = p.credit;
COMMENT ON VIEW ledger.voucher_line IS 'The vouchers as an auditor reads them, in yuan';
