-- A case goes from one stage to another only where the table of stages leads: also whoever may write its row, and the
-- line of its log with it, invents no other way.

CREATE TABLE stage_leads (
    stage TEXT NOT NULL,
    then_to TEXT NOT NULL,
    PRIMARY KEY (stage, then_to)
);
COMMENT ON TABLE stage_leads IS 'Where each stage may lead in one step: STAGES of the rulebook, and from every end to the pursuit of money that is out after all';
INSERT INTO stage_leads (stage, then_to)
SELECT stage, then_to FROM (VALUES
    ('intake', '{eligibility, bank_opinion, refused, lapsed}'::text[]),
    ('eligibility', '{bank_opinion, refused, lapsed, withdrawn}'),
    ('bank_opinion', '{approval, new_loan, refused, lapsed, withdrawn}'),
    ('approval', '{queued, agreement, bank_opinion, refused, lapsed, withdrawn}'),
    ('queued', '{agreement, approval, bank_opinion, refused, lapsed, withdrawn}'),
    ('agreement', '{disbursement, approval, bank_opinion, refused, lapsed, withdrawn}'),
    ('disbursement', '{old_loan_settlement, approval, bank_opinion, refused, lapsed, withdrawn}'),
    ('old_loan_settlement', '{collateral, new_loan, recovery, closed}'),
    ('collateral', '{new_loan, recovery, closed}'),
    ('new_loan', '{repayment, recovery, closed, bank_opinion, lapsed, withdrawn}'),
    ('repayment', '{closed, recovery}'),
    ('recovery', '{closed, written_off}'),
    ('closed', '{recovery}'),
    ('written_off', '{recovery}'),
    ('refused', '{recovery}'),
    ('lapsed', '{recovery}'),
    ('withdrawn', '{recovery}')
) AS leads (stage, targets), unnest(targets) AS then_to;

CREATE FUNCTION goes_where_its_stage_leads() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.stage_leads WHERE stage = OLD.stage AND then_to = NEW.stage) THEN
        RAISE EXCEPTION 'case % stands at %, which does not lead to %', NEW.case_no, OLD.stage, NEW.stage
            USING ERRCODE = 'check_violation', CONSTRAINT = 'stage_leads_there';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER goes_where_its_stage_leads BEFORE UPDATE OF stage ON renewal_case
    FOR EACH ROW WHEN (OLD.stage IS DISTINCT FROM NEW.stage) EXECUTE FUNCTION goes_where_its_stage_leads();
COMMENT ON FUNCTION goes_where_its_stage_leads IS 'A case moves only to a stage that its own leads to';

GRANT SELECT ON stage_leads TO xuqiao_app, xuqiao_desk;
REVOKE ALL ON FUNCTION goes_where_its_stage_leads() FROM PUBLIC;
