-- A place in the queue that a person put first, against its rank.
ALTER TABLE queue_place
    ADD COLUMN put_first_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN put_first_by TEXT,
    ADD COLUMN put_first_reason TEXT,
    ADD CHECK (num_nulls(put_first_at, put_first_by, put_first_reason) IN (0, 3)),
    ADD CHECK (put_first_reason <> '');
GRANT UPDATE (put_first_at, put_first_by, put_first_reason) ON queue_place TO xuqiao_app;

-- What the rules found of the bank's renewing without repayment, apart from what they found of the applicant.
ALTER TABLE judgement
    ADD COLUMN direct_result TEXT,
    ADD COLUMN direct_findings JSONB,
    ADD CHECK (num_nulls(direct_result, direct_findings) IN (0, 2));

-- Who put a fund under a measure, and when it was put on record; empty for the measure a fund was opened with.
ALTER TABLE fund_measure
    ADD COLUMN adopted_by TEXT,
    ADD COLUMN adopted_at TIMESTAMP WITH TIME ZONE,
    ADD CHECK (num_nulls(adopted_by, adopted_at) IN (0, 2));
