-- Papers that others made and that were handed in for a case; recorded by the desk alone, and never changed.

CREATE TABLE brought_paper (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    case_no TEXT NOT NULL,
    name TEXT NOT NULL,
    dated_on DATE,
    pages INTEGER NOT NULL,
    original BOOLEAN NOT NULL,
    kept_for TEXT,
    sha256 TEXT NOT NULL,
    media_type TEXT NOT NULL,
    content BYTEA NOT NULL,
    recorded_by TEXT NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT brought_once UNIQUE (case_no, sha256),
    FOREIGN KEY(case_no) REFERENCES application (case_no),
    FOREIGN KEY(recorded_by) REFERENCES person (id),
    CONSTRAINT brought_has_a_name CHECK (btrim(name) <> ''),
    CONSTRAINT brought_has_pages CHECK (pages > 0),
    CONSTRAINT digest_of_what_was_brought CHECK (sha256 = encode(sha256(content), 'hex')),
    CONSTRAINT known_media_type CHECK (media_type IN ('application/pdf', 'image/png', 'image/jpeg'))
);
COMMENT ON TABLE brought_paper IS 'A paper that others made, such as a licence or a payoff voucher, with the file that is kept of it.';

CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON brought_paper
    FOR EACH STATEMENT EXECUTE FUNCTION signatures_only_grow();
ALTER TABLE brought_paper ENABLE ALWAYS TRIGGER only_grows;

GRANT SELECT ON brought_paper TO xuqiao_app, xuqiao_desk;
GRANT INSERT ON brought_paper TO xuqiao_desk;
