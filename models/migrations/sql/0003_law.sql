-- A place in the queue that a person put first, against its rank.
ALTER TABLE queue_place
    ADD COLUMN put_first_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN put_first_by TEXT,
    ADD COLUMN put_first_reason TEXT,
    ADD CHECK (num_nulls(put_first_at, put_first_by, put_first_reason) IN (0, 3)),
    ADD CHECK (put_first_reason <> '');
GRANT UPDATE (put_first_at, put_first_by, put_first_reason) ON queue_place TO xuqiao_app;

-- Who put a fund under a measure, and when it was put on record; empty for the measure a fund was opened with.
ALTER TABLE fund_measure
    ADD COLUMN adopted_by TEXT,
    ADD COLUMN adopted_at TIMESTAMP WITH TIME ZONE,
    ADD CHECK (num_nulls(adopted_by, adopted_at) IN (0, 2));
