-- Papers know their language, the digest of their facts, where they are signed, and who asked for them.
-- data_digest is empty for papers from before it was kept; made_by is NULL where the story drew a paper up.

ALTER TABLE document
    ADD COLUMN lang TEXT NOT NULL DEFAULT 'zh',
    ADD COLUMN data_digest TEXT NOT NULL DEFAULT '',
    ADD COLUMN boxes JSONB NOT NULL DEFAULT '[]',
    ADD COLUMN made_by TEXT;

CREATE TABLE kept_templates (
    digest TEXT NOT NULL,
    sources JSONB NOT NULL,
    names JSONB NOT NULL,
    PRIMARY KEY (digest)
);
COMMENT ON TABLE kept_templates IS 'The templates, style sheet and names that cases began with, once for each digest; never changed.';
GRANT SELECT, INSERT ON kept_templates TO xuqiao_app;
