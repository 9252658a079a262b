-- Which installation these records are of; Temporal holds the same id, and a start refuses two that differ.

CREATE TABLE installation (
    only_one BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (only_one),
    id UUID NOT NULL DEFAULT gen_random_uuid(),
    made_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now()
);
COMMENT ON TABLE installation IS 'Which installation these records are of. The histories of its cases carry the same id.';
INSERT INTO installation DEFAULT VALUES;

GRANT SELECT ON installation TO xuqiao_app, xuqiao_desk;
