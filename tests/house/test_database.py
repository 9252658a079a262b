"""The two roles, the database, and what the application's role may not do."""

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError

from models.bootstrap import DatabaseUrls, RolePasswords, bootstrap
from models.database import plain_url, sessions
from models.migrate import upgrade
from runtime.devstack import Addresses


def test_the_application_owns_nothing_and_creates_nothing(app_engine: Engine) -> None:
    with app_engine.connect() as connection:
        role = connection.execute(
            text("SELECT rolsuper, rolcreatedb, rolcreaterole, rolinherit FROM pg_roles WHERE rolname = current_user")
        ).one()
        assert tuple(role) == (False, False, False, False)
    for statement in ("CREATE TABLE mine (id int)", "CREATE SCHEMA mine", "CREATE TEMP TABLE mine (id int)"):
        with app_engine.connect() as connection, pytest.raises(ProgrammingError):
            connection.execute(text(statement))


def test_a_function_of_the_owner_is_not_everybodys_to_call(owner_engine: Engine, app_engine: Engine) -> None:
    with owner_engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA trial"))
        connection.execute(text("GRANT USAGE ON SCHEMA trial TO xuqiao_app"))
        connection.execute(text("CREATE FUNCTION trial.door() RETURNS int LANGUAGE sql AS 'SELECT 1'"))
    try:
        with app_engine.connect() as connection, pytest.raises(ProgrammingError, match="permission denied"):
            connection.execute(text("SELECT trial.door()"))
    finally:
        with owner_engine.begin() as connection:
            connection.execute(text("DROP SCHEMA trial CASCADE"))


def test_text_sorts_by_code_point_and_time_is_utc(app_engine: Engine) -> None:
    with app_engine.connect() as connection:
        assert connection.execute(text("SELECT 'B' < 'a', '乙' < '甲', current_setting('TimeZone')")).one() == (
            True,
            True,
            "UTC",
        )


def test_bootstrap_and_migration_may_run_again(stack: Addresses, database: DatabaseUrls) -> None:
    owner = make_url(database.owner)
    passwords = [str(make_url(url).password) for url in (database.owner, database.app, database.desk)]
    again = bootstrap(stack.superuser_url, str(owner.database), RolePasswords(*passwords))
    assert again == database
    upgrade(again.owner)
    upgrade(again.owner)


def test_a_wrong_password_and_an_unknown_stranger_are_refused(stack: Addresses) -> None:
    for user, password in (("postgres", "wrong"), ("postgres", ""), ("stranger", "")):
        url = make_url(stack.superuser_url).set(username=user, password=password)
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(url.render_as_string(hide_password=False), connect_timeout=3)


def test_a_connection_that_the_server_ended_is_replaced_without_an_error(
    stack: Addresses, app_engine: Engine, database: DatabaseUrls
) -> None:
    make = sessions(app_engine)
    with make() as session:
        pid = session.connection().execute(text("SELECT pg_backend_pid()")).scalar_one()
    with psycopg.connect(stack.superuser_url, autocommit=True) as superuser:
        superuser.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    with make() as session:
        assert session.connection().execute(text("SELECT 1")).scalar_one() == 1
    assert "xuqiao_app" not in repr(database)
    assert plain_url(database.app).startswith("postgresql://xuqiao_app:")
