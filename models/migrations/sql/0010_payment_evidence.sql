-- A payment's end is certain or it is open: who had it in hand, who says it was not made, and what the statement shows.

ALTER TABLE payment ADD COLUMN by_hand BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE payment ADD COLUMN final_at TIMESTAMP WITH TIME ZONE;
ALTER TABLE payment ADD COLUMN released_by TEXT;
ALTER TABLE payment ADD COLUMN not_sent_by TEXT;
ALTER TABLE payment ADD COLUMN not_sent_reason TEXT;
ALTER TABLE payment ADD CONSTRAINT not_sent_with_its_reason CHECK ((not_sent_by IS NULL) = (not_sent_reason IS NULL));
GRANT UPDATE (not_sent_by, not_sent_reason) ON payment TO xuqiao_app;

CREATE TABLE payment_denial (
    key TEXT NOT NULL,
    cause TEXT NOT NULL,
    person TEXT NOT NULL CHECK (person <> ''),
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    statement_reference TEXT NOT NULL,
    PRIMARY KEY (key, cause),
    FOREIGN KEY(key) REFERENCES payment (key)
);
COMMENT ON TABLE payment_denial IS 'One person''s word that a payment was not made or came back, and the line of the statement that was named for it.';
GRANT SELECT, INSERT ON payment_denial TO xuqiao_app;
GRANT SELECT ON payment_denial TO xuqiao_desk;

ALTER TABLE statement_difference ADD COLUMN case_no TEXT;
GRANT UPDATE (case_no) ON statement_difference TO xuqiao_app;
