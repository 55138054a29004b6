"""Jobs are run for real here, beginning with an empty queue: what other tests asked for would be waited for first."""

import psycopg
import pytest

from tests.stack import DisposableStack


@pytest.fixture(scope="module", autouse=True)
def empty_queue(disposable_stack: DisposableStack) -> None:
    disposable_stack.need("postgres")
    disposable_stack.children["jobs"].stop()
    with psycopg.connect(disposable_stack.superuser_url, autocommit=True) as connection:
        connection.execute("set search_path = jobs, public")
        connection.execute("delete from procrastinate_jobs where status = 'todo'")
        connection.execute("update outbox set status = 'failed' where status = 'waiting'")
