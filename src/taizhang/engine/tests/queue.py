"""The job worker, for tests that wait for what it does."""

from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from taizhang.engine import jobs


def work() -> None:
    """Empty the queue, in a thread of its own: on this one another test's browser may keep an event loop running."""

    def run() -> None:
        try:
            jobs.run_worker(wait=False)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(run).result()
