-- Everything a year of a fund brings: approvals consumed by payments, periods that close, corrections by reversal,
-- seals, and the events beside lending. Rows of 0001 stay as they are; what is new stands in new rows and tables.

ALTER TABLE ledger.subject DROP CONSTRAINT subject_kept_by_check;
ALTER TABLE ledger.subject ADD CONSTRAINT subject_kept_by_check
    CHECK (kept_by IN ('part', 'case', 'contributor', 'reference', 'purpose'));

-- Most accounts never turn over; a fund's surplus may be a deficit.
ALTER TABLE ledger.subject ADD COLUMN first_floor_fen bigint NOT NULL DEFAULT 0;

INSERT INTO ledger.subject (subject, side, kept_by, first_cap_fen) VALUES
    ('fee_prepaid', 'C', 'case', NULL), -- 预收使用费
    ('interest_income', 'C', 'part', NULL), -- 专户利息收入
    ('bank_charge', 'D', 'part', NULL), -- 手续费
    ('output_vat', 'C', 'part', NULL), -- 应交增值税
    ('fee_spending', 'D', 'purpose', NULL), -- 使用费支出
    ('loss', 'D', 'case', NULL), -- 核销损失
    ('recovery_income', 'C', 'case', NULL), -- 核销后收回
    ('compensation', 'D', 'case', NULL), -- 风险补偿支出
    ('written_off', 'D', 'case', NULL), -- 账销案存, off balance
    ('written_off_claim', 'C', 'case', NULL); -- its counterpart
INSERT INTO ledger.subject VALUES ('surplus', 'C', 'part', NULL, -1000000000000000); -- 累计结余

ALTER TABLE ledger.kind
    ADD COLUMN needs_approval boolean NOT NULL DEFAULT false,
    ADD COLUMN reverses boolean NOT NULL DEFAULT false;

INSERT INTO ledger.kind (kind, opens_book, opens_hold, resolves_hold, needs_approval, reverses) VALUES
    ('intend', false, true, true, true, false), -- the hold is now money on its way
    ('fail', false, true, true, false, false), -- it was not paid: it is a hold again
    ('prepay', false, false, false, false, false),
    ('true_up', false, false, false, false, false),
    ('refund_prepaid', false, false, false, false, false), -- within the approved terms
    ('refund', false, false, false, true, false),
    ('match', false, false, false, false, false),
    ('guarantor_in', false, false, false, false, false),
    ('interest', false, false, false, false, false),
    ('charge', false, false, false, false, false),
    ('vat', false, false, false, false, false),
    ('vat_paid', false, false, false, false, false),
    ('spend', false, false, false, true, false),
    ('write_off', false, false, false, true, false),
    ('recover', false, false, false, false, false),
    ('compensate', false, false, false, true, false),
    ('capital_out', false, false, false, true, false),
    ('carry_over', false, false, false, false, false),
    ('reverse', false, false, false, true, true);

INSERT INTO ledger.permitted VALUES
    ('intend', 'bridge_receivable', NULL, 'escrow_bank', 'pool'),
    ('fail', 'bridge_receivable', NULL, 'escrow_bank', 'pool'),
    ('prepay', 'escrow_bank', 'set_aside', 'fee_prepaid', NULL),
    ('true_up', 'fee_prepaid', NULL, 'fee_income', NULL),
    ('true_up', 'escrow_bank', 'fees', 'escrow_bank', 'set_aside'),
    ('refund_prepaid', 'fee_prepaid', NULL, 'escrow_bank', 'set_aside'),
    ('refund', 'refund_due', NULL, 'escrow_bank', 'set_aside'),
    ('refund', 'unmatched', NULL, 'escrow_bank', 'set_aside'),
    ('match', 'unmatched', NULL, 'bridge_receivable', NULL),
    ('match', 'unmatched', NULL, 'fee_income', NULL),
    ('match', 'unmatched', NULL, 'refund_due', NULL),
    ('match', 'escrow_bank', NULL, 'escrow_bank', 'set_aside'),
    ('guarantor_in', 'escrow_bank', 'pool', 'bridge_receivable', NULL),
    ('guarantor_in', 'escrow_bank', 'fees', 'fee_income', NULL),
    ('guarantor_in', 'escrow_bank', 'set_aside', 'refund_due', NULL),
    ('guarantor_in', 'unmatched', NULL, 'bridge_receivable', NULL),
    ('guarantor_in', 'unmatched', NULL, 'fee_income', NULL),
    ('guarantor_in', 'unmatched', NULL, 'refund_due', NULL),
    ('guarantor_in', 'escrow_bank', NULL, 'escrow_bank', 'set_aside'),
    ('interest', 'escrow_bank', 'pool', 'interest_income', NULL),
    ('charge', 'bank_charge', NULL, 'escrow_bank', 'fees'),
    ('vat', 'fee_income', NULL, 'output_vat', NULL),
    ('vat_paid', 'output_vat', NULL, 'escrow_bank', 'fees'),
    ('spend', 'fee_spending', NULL, 'escrow_bank', 'fees'),
    ('write_off', 'loss', NULL, 'bridge_receivable', NULL),
    ('write_off', 'written_off', NULL, 'written_off_claim', NULL),
    ('recover', 'escrow_bank', 'pool', 'recovery_income', NULL),
    ('recover', 'written_off_claim', NULL, 'written_off', NULL),
    ('compensate', 'compensation', NULL, 'escrow_bank', 'pool'),
    ('capital_out', 'contribution', NULL, 'escrow_bank', 'pool'),
    ('carry_over', 'fee_income', NULL, 'surplus', 'carried_over'),
    ('carry_over', 'interest_income', NULL, 'surplus', 'carried_over'),
    ('carry_over', 'recovery_income', NULL, 'surplus', 'carried_over'),
    ('carry_over', 'surplus', 'carried_over', 'fee_spending', NULL),
    ('carry_over', 'surplus', 'carried_over', 'bank_charge', NULL),
    ('carry_over', 'surplus', 'carried_over', 'loss', NULL),
    ('carry_over', 'surplus', 'carried_over', 'compensation', NULL),
    ('carry_over', 'escrow_bank', 'pool', 'escrow_bank', 'fees');

CREATE TABLE ledger.follows (
    kind text NOT NULL REFERENCES ledger.kind,
    of_kind text NOT NULL REFERENCES ledger.kind,
    PRIMARY KEY (kind, of_kind)
);
COMMENT ON TABLE ledger.follows IS 'Whose hold a kind may resolve: money leaves only by way of an intent';

INSERT INTO ledger.follows VALUES
    ('release', 'reserve'), ('release', 'fail'), ('intend', 'reserve'), ('intend', 'fail'), ('disburse', 'intend'),
    ('fail', 'intend');

-- One person, in whatever letters, width or spacing an id is written: two spellings are not two people.
CREATE FUNCTION ledger.person(id text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT lower(regexp_replace(normalize(id, NFKC), '[[:space:]\u200B-\u200F\u2060\uFEFF]', '', 'g'))
$$;

CREATE TABLE ledger.approval (
    key text PRIMARY KEY,
    book text NOT NULL REFERENCES ledger.book,
    request_hash bytea NOT NULL,
    kind text NOT NULL REFERENCES ledger.kind,
    case_no text,
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    about text NOT NULL,
    terms_digest text,
    maker text NOT NULL CHECK (ledger.person(maker) <> ''),
    checker text NOT NULL CHECK (ledger.person(checker) <> ''),
    after_seq bigint NOT NULL, -- the book's last voucher then: what comes before or after is no matter of clocks
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT approval_of_its_book CHECK (starts_with(key, book || '/')),
    CONSTRAINT approval_needs_two_people CHECK (ledger.person(maker) <> ledger.person(checker))
);
COMMENT ON TABLE ledger.approval IS 'What two people allowed, put in by the desk alone; consumed by the journal that names it';

-- 'infinity' and years before Christ are dates to PostgreSQL; no period could hold them, and no auditor read them.
ALTER TABLE ledger.journal
    ADD CONSTRAINT journal_dated CHECK (accounting_date BETWEEN '2000-01-01' AND '2999-12-31'),
    ADD COLUMN approval text REFERENCES ledger.approval,
    ADD COLUMN reverses bigint,
    ADD CONSTRAINT journal_reverses_once UNIQUE (book, reverses),
    ADD CONSTRAINT journal_reverses_a_journal FOREIGN KEY (book, reverses) REFERENCES ledger.journal (book, seq);
-- An approval of a payment that failed may send it again, by way of the hold that the failure left; any other once.
CREATE UNIQUE INDEX journal_approval_once ON ledger.journal (approval) WHERE kind <> 'intend';

ALTER TABLE ledger.book ADD COLUMN closed_through date;
CREATE TABLE ledger.closing (
    book text NOT NULL REFERENCES ledger.book,
    through date NOT NULL,
    last_seq bigint NOT NULL,
    closed_by text NOT NULL CHECK (closed_by <> ''),
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (book, through),
    CONSTRAINT closing_dated CHECK (through BETWEEN '2000-01-01' AND '2999-12-31')
);
COMMENT ON TABLE ledger.closing IS 'A period that takes nothing more: every accounting date up to and with this day';

CREATE TABLE ledger.seal (
    book text NOT NULL REFERENCES ledger.book,
    day date NOT NULL,
    last_seq bigint NOT NULL,
    head_hash bytea NOT NULL,
    trial_sha256 bytea NOT NULL,
    trial_sm3 bytea NOT NULL,
    key_id text NOT NULL CHECK (key_id <> ''),
    signature bytea NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (book, day)
);
COMMENT ON TABLE ledger.seal IS 'The state of a book at the end of a day, signed with a key the database does not hold';
