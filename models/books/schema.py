"""Whether the ledger's tables, functions and grants are what the migrations make, by digests that ship with them.

A superuser can do anything; what he did to the guards shows here. The digests stand in ``schema.json``; a test
keeps them in step with the migrations and says how to write them anew.
"""

import hashlib
import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from sqlalchemy import Connection, text

from models.books.verification import Fault

EXPECTED = "schema.json"
# Texts that people could read; whatever differs between versions of PostgreSQL is left out, such as the constraints by
# which newer ones keep NOT NULL: columns say that themselves.
_THINGS = text("""
    SELECT 'function ' || p.oid::regprocedure, pg_get_functiondef(p.oid) || p.proowner::regrole::text
    FROM pg_proc AS p WHERE p.pronamespace = 'ledger'::regnamespace
  UNION ALL
    SELECT 'constraint ' || c.relname || '.' || k.conname, pg_get_constraintdef(k.oid)
    FROM pg_constraint AS k JOIN pg_class AS c ON c.oid = k.conrelid
    WHERE c.relnamespace = 'ledger'::regnamespace AND k.contype <> 'n'
  UNION ALL
    SELECT 'column ' || c.relname || '.' || a.attname, concat_ws(' ',
        format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
        pg_get_expr(d.adbin, d.adrelid))
    FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
    LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE c.relnamespace = 'ledger'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
    SELECT 'table ' || c.relname, concat_ws(' ', c.relkind, c.relowner::regrole, c.relpersistence, c.relrowsecurity,
        CASE c.relkind WHEN 'v' THEN md5(pg_get_viewdef(c.oid)) END)
    FROM pg_class AS c WHERE c.relnamespace = 'ledger'::regnamespace AND c.relkind NOT IN ('i', 'S', 'c')
  UNION ALL
    SELECT 'index ' || c.relname, pg_get_indexdef(c.oid) || i.indisvalid::text
    FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid WHERE c.relnamespace = 'ledger'::regnamespace
  UNION ALL
    SELECT 'trigger ' || c.relname || '.' || t.tgname, pg_get_triggerdef(t.oid) || t.tgenabled::text
    FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid
    WHERE c.relnamespace = 'ledger'::regnamespace AND NOT t.tgisinternal
  UNION ALL
    SELECT 'rule ' || c.relname || '.' || r.rulename, pg_get_ruledef(r.oid)
    FROM pg_rewrite AS r JOIN pg_class AS c ON c.oid = r.ev_class
    WHERE c.relnamespace = 'ledger'::regnamespace AND r.rulename <> '_RETURN'
  UNION ALL  -- foreign keys are kept by triggers of the server's own, which a superuser can switch off, too
    SELECT 'foreign keys of ' || c.relname, coalesce(string_agg(DISTINCT t.tgenabled::text, ''), '')
    FROM pg_class AS c LEFT JOIN pg_trigger AS t ON t.tgrelid = c.oid AND t.tgisinternal
    WHERE c.relnamespace = 'ledger'::regnamespace AND c.relkind = 'r' GROUP BY c.relname
  UNION ALL
    SELECT 'rows of ' || x.name, x.content FROM (
        SELECT 'subject' AS name, string_agg(s::text, ' ' ORDER BY s::text COLLATE "C") FROM ledger.subject AS s
        UNION ALL SELECT 'kind', string_agg(k::text, ' ' ORDER BY k::text COLLATE "C") FROM ledger.kind AS k
        UNION ALL SELECT 'permitted', string_agg(p::text, ' ' ORDER BY p::text COLLATE "C") FROM ledger.permitted AS p
        UNION ALL SELECT 'follows', string_agg(f::text, ' ' ORDER BY f::text COLLATE "C") FROM ledger.follows AS f
    ) AS x (name, content)
  UNION ALL
    SELECT 'role ' || r.rolname, concat_ws(' ', r.rolsuper, r.rolcreaterole, r.rolcreatedb, r.rolreplication,
        r.rolbypassrls,
        (SELECT string_agg(m.roleid::regrole::text, ' ') FROM pg_auth_members AS m WHERE m.member = r.oid))
    FROM pg_roles AS r WHERE r.rolname IN ('xuqiao_owner', 'xuqiao_app', 'xuqiao_desk')
""")
# Looking is nobody's harm: an auditor's own role may read. Anything else is said of whoever has it.
_GRANTS = text("""
    SELECT 'grant ' || g.privilege || ' on ' || g.thing || ' to ' || CASE g.grantee WHEN 0 THEN 'PUBLIC'
        ELSE pg_get_userbyid(g.grantee) END, g.is_grantable::text
    FROM (
        SELECT c.relname::text AS thing, a.privilege_type AS privilege, a.grantee, a.is_grantable
        FROM pg_class AS c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) AS a
        WHERE c.relnamespace = 'ledger'::regnamespace AND c.relkind NOT IN ('i', 'c')
            AND a.grantee <> c.relowner
      UNION ALL
        SELECT c.relname || '.' || t.attname, a.privilege_type, a.grantee, a.is_grantable
        FROM pg_attribute AS t JOIN pg_class AS c ON c.oid = t.attrelid, aclexplode(t.attacl) AS a
        WHERE c.relnamespace = 'ledger'::regnamespace
      UNION ALL
        SELECT p.oid::regprocedure::text, a.privilege_type, a.grantee, a.is_grantable
        FROM pg_proc AS p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a
        WHERE p.pronamespace = 'ledger'::regnamespace AND a.grantee <> p.proowner
      UNION ALL
        SELECT 'schema', a.privilege_type, a.grantee, a.is_grantable
        FROM pg_namespace AS n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) AS a
        WHERE n.nspname = 'ledger' AND a.grantee <> n.nspowner
    ) AS g (thing, privilege, grantee, is_grantable)
    WHERE g.privilege NOT IN ('SELECT', 'USAGE')
""")


def schema_digests(connection: Connection) -> dict[str, str]:
    """What stands in the database, each by the first half of its SHA-256: ``function ledger.post(jsonb)`` and so on."""
    # Names are written in full only while no search path leads to them.
    connection.execute(text("SET LOCAL search_path TO pg_catalog"))
    found = [*connection.execute(_THINGS), *connection.execute(_GRANTS)]
    connection.execute(text("SET LOCAL search_path TO DEFAULT"))
    return {name: hashlib.sha256((content or "").encode()).hexdigest()[:32] for name, content in sorted(found)}


def schema_faults(connection: Connection) -> Iterator[Fault]:
    """Everything that is missing, other than it was made, or a stranger."""
    found, expected = schema_digests(connection), _expected()
    for name in sorted(found.keys() | expected.keys()):
        if name not in found:
            yield Fault("books.schema_missing", {"thing": name})
        elif name not in expected:
            yield Fault("books.schema_stranger", {"thing": name})
        elif found[name] != expected[name]:
            yield Fault("books.schema_changed", {"thing": name})


@cache
def _expected() -> dict[str, str]:
    digests: dict[str, str] = json.loads(files("models.books").joinpath(EXPECTED).read_text(encoding="utf-8"))
    return digests
