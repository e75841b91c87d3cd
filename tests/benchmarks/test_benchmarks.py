import os

from benchmarks import report
from benchmarks.load import Job, Round, write_script
from benchmarks.serving import Server, cpu_seconds_of, family_of


def rounds(requests_per_second):
    return [Round(rate, 1.0, 2.0, 3.0) for rate in requests_per_second]


FOUND = {
    report.OURS: rounds([400, 900, 500]),
    report.TYPICAL: rounds([100, 50, 10]),
    report.FLOOR: rounds([2000, 2000, 2000]),
}


def test_medians_are_compared():
    figures = report.medians(FOUND)

    assert figures[report.OURS].requests_per_second == 500
    assert report.ratios(figures) == {
        "lookup : typical REST framework": 10,
        "lookup : no framework": 0.25,
    }


def test_table_says_whether_an_aim_is_met():
    lines = report.as_text(report.medians(FOUND)).splitlines()

    assert lines[-2].endswith("10.00x   by CPU 1.00x   aim 5x: met")
    assert lines[-1].endswith("0.25x   by CPU 1.00x   aim 0.4x: missed")


def test_json_holds_every_round():
    found = report.as_json(report.medians(FOUND), FOUND, {"cores": 2})

    assert found["conditions"] == {"cores": 2}
    assert [r["requests_per_second"] for r in found["rounds"][report.OURS]] == [400, 900, 500]
    assert found["medians"][report.OURS]["requests_per_second"] == 500


def test_load_script_posts_a_body_as_lua_text(tmp_path):
    job = Job("create", Server(None, 1), ["/a", "/b"], "Bearer x", {"firstName": 'Am"aka NUMBER'})

    script = write_script(job, 7, tmp_path).read_text()

    assert (tmp_path / "paths.txt").read_text() == "/a\n/b"
    assert r'local body = "{\"firstName\": \"Am\\\"aka NUMBER\"}"' in script
    assert "local run = 7" in script


def test_process_family_starts_with_its_head():
    assert family_of(os.getpid())[0] == os.getpid()
    assert cpu_seconds_of(os.getpid()) > 0
