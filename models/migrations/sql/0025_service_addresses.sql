-- Where papers reach a party (送达地址), how the office is reached, and the sign of its letters (机关代字). Nothing has a default:
-- what nobody set stands on no paper.

ALTER TABLE fund ADD COLUMN symbol TEXT, ADD COLUMN address TEXT, ADD COLUMN contact TEXT, ADD COLUMN phone TEXT,
    ADD COLUMN email TEXT;
ALTER TABLE partner_bank ADD COLUMN uscc TEXT, ADD COLUMN address TEXT, ADD COLUMN contact TEXT, ADD COLUMN phone TEXT,
    ADD COLUMN email TEXT;
ALTER TABLE application ADD COLUMN address TEXT, ADD COLUMN contact TEXT, ADD COLUMN email TEXT;

CREATE OR REPLACE FUNCTION set_bank(of_fund text, bank jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    other text;
BEGIN
    SELECT name INTO other FROM public.partner_bank
    WHERE code = bank ->> 'code' AND fund <> of_fund AND name <> bank ->> 'name' LIMIT 1;
    IF FOUND THEN
        RETURN jsonb_build_object('refused', 'bank.code_taken', 'bank_code', bank ->> 'code', 'other', other);
    END IF;
    INSERT INTO public.partner_bank (
        fund, code, name, aliases, branches, account_number, agreement, ceiling_fen, valid_from, valid_until,
        uscc, address, contact, phone, email
    )
    SELECT of_fund, b.code, b.name, coalesce(b.aliases, '{}'), coalesce(b.branches, '{}'), b.account_number, b.agreement,
        b.ceiling_fen, b.valid_from, b.valid_until, b.uscc, b.address, b.contact, b.phone, b.email
    FROM jsonb_to_record(bank) AS b (code text, name text, aliases text[], branches text[], account_number text,
        agreement text, ceiling_fen bigint, valid_from date, valid_until date,
        uscc text, address text, contact text, phone text, email text)
    ON CONFLICT (fund, code) DO UPDATE SET
        name = excluded.name, aliases = excluded.aliases, branches = excluded.branches,
        account_number = excluded.account_number, agreement = excluded.agreement, ceiling_fen = excluded.ceiling_fen,
        valid_from = excluded.valid_from, valid_until = excluded.valid_until,
        uscc = excluded.uscc, address = excluded.address, contact = excluded.contact, phone = excluded.phone,
        email = excluded.email;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION propose_change(of_fund text, of_kind text, what jsonb, why text, by_person text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    number integer;
BEGIN
    IF of_kind NOT IN ('grant_role', 'take_role', 'rename_person', 'set_bank', 'set_office', 'match_line', 'reopen_books') THEN
        RETURN jsonb_build_object('refused', 'change.unknown', 'kind', of_kind);
    ELSIF NOT public.holds(of_fund, by_person, ARRAY['maker', 'checker']) THEN
        RETURN jsonb_build_object('refused', 'change.not_yours', 'user', by_person, 'fund', of_fund);
    END IF;
    INSERT INTO public.fund_change (fund, kind, content, reason, proposed_by, proposed_name)
    SELECT of_fund, of_kind, what, why, p.id, p.name FROM public.person AS p WHERE p.id = by_person
    RETURNING id INTO number;
    RETURN jsonb_build_object('number', number);
END $$;

CREATE OR REPLACE FUNCTION carry_out(change public.fund_change, by_person text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    CASE change.kind
    WHEN 'reopen_books' THEN
        RETURN ledger.reopen_books(change.fund, (change.content ->> 'through')::date, change.proposed_by, change.reason,
            by_person);
    WHEN 'set_office' THEN
        UPDATE public.fund SET symbol = change.content ->> 'symbol', address = change.content ->> 'address',
            contact = change.content ->> 'contact', phone = change.content ->> 'phone', email = change.content ->> 'email'
        WHERE code = change.fund;
        RETURN NULL;
    ELSE
        RETURN public.carry_out_for_people(change);
    END CASE;
END $$;
