"""Instances that start at the same time, and workers that are killed."""

from concurrent.futures import ThreadPoolExecutor

from .conftest import Service, free_port, new_database


def test_two_instances_on_an_empty_database_both_serve(tmp_path_factory):
    with new_database() as url:
        both = [Service(tmp_path_factory.mktemp("start"), url, free_port()) for _ in range(2)]
        try:
            for service in both:
                service.start("--workers=1")
            with ThreadPoolExecutor(2) as threads:
                list(threads.map(Service.wait_until_ready, both))
            outputs = [service.output() for service in both]
        finally:
            for service in both:
                service.stop()

    assert sum("Log-in admin, password" in output for output in outputs) == 1
    assert sum("Another instance is preparing the database." in output for output in outputs) == 1
