-- The business day of a fund follows the database's clock in China: one function opens it, and nobody writes it by hand.

CREATE TABLE artificial_time (
    single BOOLEAN NOT NULL DEFAULT true CHECK (single),
    declared_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
    PRIMARY KEY (single)
);
COMMENT ON TABLE artificial_time IS 'Its one row, which the owner alone can write, says: no real money here, days are played (demo and tests)';

CREATE TABLE fund_clock (
    fund TEXT NOT NULL,
    today DATE NOT NULL,
    PRIMARY KEY (fund)
);
COMMENT ON TABLE fund_clock IS 'The played day of a fund, where time is artificial; of no effect anywhere else';

CREATE TABLE fund_day_taken_back (
    fund TEXT NOT NULL REFERENCES fund (code),
    business_date DATE NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    taken_back_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (fund, business_date, taken_back_at)
);
COMMENT ON TABLE fund_day_taken_back IS 'A business day that lay beyond the clock, and on which nothing was booked';

CREATE FUNCTION fund_today(of_fund text) RETURNS date
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(
        (SELECT c.today FROM public.fund_clock AS c WHERE c.fund = of_fund AND EXISTS (SELECT FROM public.artificial_time)),
        (now() AT TIME ZONE 'Asia/Shanghai')::date)
$$;
COMMENT ON FUNCTION fund_today IS 'The day by the database''s clock in China; the played one where time is artificial';

CREATE FUNCTION open_business_days(of_fund text, first_day date DEFAULT NULL) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    today date := public.fund_today(of_fund);
    last date;
BEGIN
    SELECT max(business_date) INTO last FROM public.fund_day WHERE fund = of_fund;
    IF last = today THEN
        RETURN jsonb_build_object('day', last);
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('fund_day/' || of_fund, 0));
    SELECT max(business_date) INTO last FROM public.fund_day WHERE fund = of_fund;
    IF last IS NULL AND first_day > today THEN
        RETURN jsonb_build_object('refused', 'day_beyond_clock', 'day', first_day, 'today', today);
    END IF;
    IF last > today AND NOT EXISTS (
        SELECT FROM ledger.journal
        WHERE accounting_date > today AND (book = of_fund OR starts_with(book, of_fund || '-'))
    ) THEN
        WITH gone AS (
            DELETE FROM public.fund_day WHERE fund = of_fund AND business_date > today RETURNING *
        )
        INSERT INTO public.fund_day_taken_back (fund, business_date, opened_at)
        SELECT fund, business_date, opened_at FROM gone;
        SELECT max(business_date) INTO last FROM public.fund_day WHERE fund = of_fund;
    END IF;
    INSERT INTO public.fund_day (fund, business_date, opened_at)
    SELECT of_fund, each::date, clock_timestamp()
    FROM generate_series(coalesce(last + 1, first_day, today)::timestamp, today::timestamp, interval '1 day') AS each;
    RETURN jsonb_build_object('day', greatest(last, today));
END $$;
COMMENT ON FUNCTION open_business_days IS 'Opens each day after the last one through today, none beyond; takes back days beyond the clock on which nothing is booked';

CREATE FUNCTION move_fund_clock(of_fund text, to_day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.artificial_time) THEN
        RAISE EXCEPTION 'time is not artificial here' USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO public.fund_clock (fund, today) VALUES (of_fund, to_day)
    ON CONFLICT (fund) DO UPDATE SET today = excluded.today;
END $$;
COMMENT ON FUNCTION move_fund_clock IS 'Plays another day for a fund; refused wherever the owner has not declared time artificial';

REVOKE INSERT, UPDATE, DELETE ON fund_day FROM xuqiao_app, xuqiao_desk;
GRANT SELECT ON artificial_time, fund_clock, fund_day_taken_back TO xuqiao_app, xuqiao_desk;
REVOKE ALL ON FUNCTION fund_today(text), open_business_days(text, date), move_fund_clock(text, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION fund_today(text) TO xuqiao_app, xuqiao_desk;
GRANT EXECUTE ON FUNCTION open_business_days(text, date), move_fund_clock(text, date) TO xuqiao_app;

-- What is closed stays closed: no period ends later than the open business day of the book's fund.
CREATE OR REPLACE FUNCTION ledger.close_books(of_book text, through_day date, actor text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    closed date;
    last bigint;
    open_day date;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('ledger/' || of_book, 0));
    SELECT closed_through, last_seq INTO closed, last FROM ledger.book WHERE book = of_book;
    IF NOT FOUND THEN
        RETURN jsonb_build_object('refused', 'unknown_book', 'book', of_book);
    ELSIF closed >= through_day THEN
        RETURN jsonb_build_object('refused', 'period_closed', 'through', closed);
    END IF;
    SELECT least(max(business_date), public.fund_today(max(fund))) INTO open_day FROM public.fund_day
    WHERE fund = of_book OR (fund || '-RC') = of_book;
    open_day := coalesce(open_day, (now() AT TIME ZONE 'Asia/Shanghai')::date);
    IF through_day > open_day THEN
        RETURN jsonb_build_object('refused', 'beyond_open_day', 'through', through_day, 'today', open_day);
    END IF;
    INSERT INTO ledger.closing (book, through, last_seq, closed_by) VALUES (of_book, through_day, last, actor);
    RETURN jsonb_build_object('through', through_day, 'voucher', last);
END $$;
