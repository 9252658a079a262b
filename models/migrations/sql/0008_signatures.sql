-- Who signed which paper, how, and the files that came of it. What was made stays beside what was signed.

CREATE TABLE signing_flow (
    flow TEXT NOT NULL,
    platform TEXT NOT NULL,
    document TEXT NOT NULL,
    file_sha256 TEXT NOT NULL,
    signers JSONB NOT NULL,
    started_by TEXT NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    ended_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (flow),
    FOREIGN KEY(document) REFERENCES document (number),
    FOREIGN KEY(started_by) REFERENCES person (id),
    CONSTRAINT known_flow_state CHECK (state IN ('started', 'completed', 'refused', 'cancelled', 'expired', 'rejected')),
    CONSTRAINT ended_at_a_moment CHECK ((state = 'started') = (ended_at IS NULL))
);
COMMENT ON TABLE signing_flow IS 'One signing on an outside platform: which file was handed over, by whom, and how it ended; rejected is one whose result was not ours.';

CREATE TABLE signed_file (
    sha256 TEXT NOT NULL,
    document TEXT NOT NULL,
    media_type TEXT NOT NULL,
    stored_at TIMESTAMP WITH TIME ZONE NOT NULL,
    content BYTEA NOT NULL,
    scan BOOLEAN NOT NULL,
    serial BIGINT GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (sha256),
    CONSTRAINT file_of_its_document UNIQUE (sha256, document),
    FOREIGN KEY(document) REFERENCES document (number),
    CONSTRAINT digest_of_the_content CHECK (sha256 = encode(sha256(content), 'hex')),
    CONSTRAINT known_media_type CHECK (media_type IN ('application/pdf', 'image/png', 'image/jpeg')),
    CONSTRAINT signed_files_are_pdf CHECK (scan OR media_type = 'application/pdf')
);
COMMENT ON TABLE signed_file IS 'A paper with signatures, as the bytes that count; a scan is a picture of one signed by hand.';
CREATE INDEX files_of_a_document ON signed_file (document, serial);

CREATE TABLE signature (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    document TEXT NOT NULL,
    party TEXT NOT NULL,
    name TEXT NOT NULL,
    person TEXT NOT NULL,
    authority TEXT NOT NULL,
    how TEXT NOT NULL,
    signed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    certificate TEXT,
    demo BOOLEAN NOT NULL,
    flow TEXT,
    evidence TEXT,
    PRIMARY KEY (id),
    CONSTRAINT a_party_signs_a_file_once UNIQUE (sha256, party),
    FOREIGN KEY(sha256, document) REFERENCES signed_file (sha256, document),
    FOREIGN KEY(flow) REFERENCES signing_flow (flow),
    FOREIGN KEY(recorded_by) REFERENCES person (id),
    CONSTRAINT known_way CHECK (how IN ('pades', 'platform', 'wet_ink')),
    CONSTRAINT somebody_signed CHECK (party <> '' AND person <> '' AND authority <> ''),
    CONSTRAINT certificate_unless_by_hand CHECK ((how = 'wet_ink') = (certificate IS NULL)),
    CONSTRAINT evidence_of_the_platform CHECK (num_nulls(flow, evidence) = CASE how WHEN 'platform' THEN 0 ELSE 2 END),
    CONSTRAINT not_before_it_was_signed CHECK (signed_at <= recorded_at + INTERVAL '5 minutes')
);
COMMENT ON TABLE signature IS 'One party''s signature under a paper: the person, his authority, how and when; the file it is in has the digest.';
CREATE INDEX signatures_of_a_document ON signature (document, id);

CREATE FUNCTION signatures_only_grow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'restrict_violation',
        MESSAGE = TG_TABLE_NAME || ' only grows: ' || TG_OP || ' refused';
END $$;

CREATE FUNCTION signed_file_begins_with_its_paper() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    paper bytea := (SELECT pdf FROM document WHERE number = NEW.document);
BEGIN
    IF NOT NEW.scan AND (length(NEW.content) <= length(paper) OR substr(NEW.content, 1, length(paper)) <> paper) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation',
            MESSAGE = 'a signed file begins with the bytes of its paper: ' || NEW.document;
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION signed_by_hand_is_a_scan() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.how = 'wet_ink') <> (SELECT scan FROM signed_file WHERE sha256 = NEW.sha256) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation',
            MESSAGE = 'what is signed by hand is a scan, and nothing else is: ' || NEW.document;
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION signing_ends_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'started' THEN
        RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = 'this signing is over: ' || OLD.flow;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER begins_with_its_paper BEFORE INSERT ON signed_file
    FOR EACH ROW EXECUTE FUNCTION signed_file_begins_with_its_paper();
CREATE TRIGGER by_hand_is_a_scan BEFORE INSERT ON signature
    FOR EACH ROW EXECUTE FUNCTION signed_by_hand_is_a_scan();
CREATE TRIGGER ends_once BEFORE UPDATE ON signing_flow FOR EACH ROW EXECUTE FUNCTION signing_ends_once();
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON signed_file
    FOR EACH STATEMENT EXECUTE FUNCTION signatures_only_grow();
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON signature
    FOR EACH STATEMENT EXECUTE FUNCTION signatures_only_grow();
CREATE TRIGGER only_grows BEFORE DELETE OR TRUNCATE ON signing_flow
    FOR EACH STATEMENT EXECUTE FUNCTION signatures_only_grow();

ALTER TABLE signed_file ENABLE ALWAYS TRIGGER begins_with_its_paper;
ALTER TABLE signed_file ENABLE ALWAYS TRIGGER only_grows;
ALTER TABLE signature ENABLE ALWAYS TRIGGER by_hand_is_a_scan;
ALTER TABLE signature ENABLE ALWAYS TRIGGER only_grows;
ALTER TABLE signing_flow ENABLE ALWAYS TRIGGER ends_once;
ALTER TABLE signing_flow ENABLE ALWAYS TRIGGER only_grows;

-- People's signatures are put on record by the desk alone; the workers read them.
GRANT SELECT ON signing_flow, signed_file, signature TO xuqiao_app, xuqiao_desk;
GRANT INSERT ON signing_flow, signed_file, signature TO xuqiao_desk;
GRANT UPDATE (state, reason, ended_at) ON signing_flow TO xuqiao_desk;
