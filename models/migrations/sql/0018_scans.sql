-- The scan of a sealed paper is kept with the message that stands on it, for whoever compares the two.

CREATE TABLE scan (
    sha256 TEXT NOT NULL,
    media_type TEXT NOT NULL,
    content BYTEA NOT NULL,
    kept_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (sha256),
    CHECK (sha256 = encode(sha256(content), 'hex')),
    CHECK (media_type IN ('application/pdf', 'image/png', 'image/jpeg'))
);
COMMENT ON TABLE scan IS 'The scan of a sealed paper, by its digest; a bank''s message names it.';
GRANT SELECT, INSERT ON scan TO xuqiao_app;
GRANT SELECT ON scan TO xuqiao_desk;
