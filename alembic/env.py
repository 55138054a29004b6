"""Runs migrations as the owner, one process at a time, without waiting long for anybody's lock."""

from alembic import context
from sqlalchemy import create_engine, pool, text

from quantum_app.db.models import Base
from quantum_app.db.session import sqlalchemy_url
from quantum_app.settings import settings

LOCK = 7_160_001  # pg_advisory_xact_lock key of migrations
SCHEMA = "migration"  # Alembic's own table lives apart from the product's


def run() -> None:
    url = context.config.attributes.get("url") or settings().database.owner_url.get_secret_value()
    engine = create_engine(sqlalchemy_url(url), poolclass=pool.NullPool)
    with engine.begin() as connection:
        connection.execute(text("set local statement_timeout = '60s'"))
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": LOCK})
        connection.execute(text("set local lock_timeout = '5s'"))
        connection.execute(text(f"create schema if not exists {SCHEMA}"))
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            version_table_schema=SCHEMA,
            compare_server_default=True,
        )
        context.run_migrations()


run()
