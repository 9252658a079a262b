-- A line is known by what it is, not by the bank's number alone; what a bank completes later, and what its headings mean.

ALTER TABLE statement_line ADD COLUMN reference TEXT NOT NULL DEFAULT '';
ALTER TABLE statement_line ADD COLUMN file_sheet TEXT NOT NULL DEFAULT '';
UPDATE statement_line SET reference = name WHERE name NOT LIKE 'DZ-%';
COMMENT ON TABLE statement_line IS 'One line of the bank''s statement under a name of its own: the bank''s number where that is this line''s alone; money that came in is positive.';

CREATE TABLE statement_completion (
    serial BIGINT GENERATED ALWAYS AS IDENTITY,
    fund TEXT NOT NULL,
    line TEXT NOT NULL,
    reference TEXT NOT NULL,
    balance_fen BIGINT,
    payer_name TEXT NOT NULL,
    payer_account TEXT NOT NULL,
    summary TEXT NOT NULL,
    file_digest TEXT NOT NULL,
    file_row INTEGER NOT NULL CHECK (file_row > 0),
    imported_by TEXT NOT NULL CHECK (imported_by <> ''),
    imported_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (serial),
    FOREIGN KEY(fund, line) REFERENCES statement_line (fund, name)
);
COMMENT ON TABLE statement_completion IS 'What a later file says of a line beyond the first: the last one counts. Day and amount never change.';
CREATE INDEX statement_completion_of_fund ON statement_completion (fund);

CREATE TABLE statement_heading (
    serial BIGINT GENERATED ALWAYS AS IDENTITY,
    fund TEXT NOT NULL,
    heading TEXT NOT NULL CHECK (heading <> ''),
    field TEXT NOT NULL,
    set_by TEXT NOT NULL CHECK (set_by <> ''),
    set_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (serial),
    FOREIGN KEY(fund) REFERENCES fund (code)
);
COMMENT ON TABLE statement_heading IS 'What an officer said a heading of his bank''s statement means; the last word on a heading counts, an empty one takes it back.';
CREATE INDEX statement_heading_of_fund ON statement_heading (fund);

GRANT SELECT, INSERT ON statement_completion, statement_heading TO xuqiao_app;
GRANT SELECT ON statement_completion, statement_heading TO xuqiao_desk;
