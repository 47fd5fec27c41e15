from types import SimpleNamespace

import pytest

from tests.promises.report import (
    DOCUMENT,
    PromiseReport,
    Row,
    pytest_configure,
    pytest_itemcollected,
    rows_of,
)

PAGE = """# Promises
| id | promise | measured as | where |
| `G1` | no 5xx | corpus | test |
| `S25` | refresh twice | one successor | long |
| `S41` | another client | refused | with the back office |
| `S97` | kill | nothing lost | both |
"""


def result(name, *ids, outcome="passed", when="call"):
    return SimpleNamespace(
        nodeid=name,
        user_properties=[("promise", id_) for id_ in ids] + [("contract", "url-1")],
        failed=outcome == "failed",
        when=when,
    )


def reported(tmp_path, *results, run="test", page=PAGE):
    made = PromiseReport(page, run=run, write_to=tmp_path / "build" / "report.md")
    for one in results:
        made.pytest_runtest_logreport(one)
    return made


def finish(made, exitstatus=pytest.ExitCode.OK):
    session = SimpleNamespace(exitstatus=exitstatus)
    made.pytest_sessionfinish(session)
    lines = []
    reporter = SimpleNamespace(write_line=lambda line, **_style: lines.append(line))
    made.pytest_terminal_summary(reporter)
    return session.exitstatus, lines[1:]


def test_rows_start_with_an_id_and_end_with_where_they_are_held():
    rows = list(rows_of(PAGE))

    assert rows[:2] == [Row("G1", "no 5xx", "test"), Row("S25", "refresh twice", "long")]


def test_a_run_holds_its_own_rows_and_says_where_the_others_are(tmp_path):
    made = reported(tmp_path, result("test_a[sqlite]", "G1"), result("test_b", "G1", "S97"))

    assert finish(made) == (pytest.ExitCode.OK, [])
    report = (tmp_path / "build" / "report.md").read_text("utf-8")
    assert report == (
        "# Promises held by make test\n\n| id | what | state | tests |\n|---|---|---|---|\n"
        "| G1 | no 5xx | passed | `test_a`<br>`test_b` |\n"
        "| S25 | refresh twice | by make test-long |  |\n"
        "| S41 | another client | with the back office |  |\n"
        "| S97 | kill | passed | `test_b` |\n"
    )


def test_a_row_without_a_passed_test_fails_the_run(tmp_path):
    made = reported(tmp_path, result("test_a", "S25"), run="long")

    assert finish(made) == (pytest.ExitCode.TESTS_FAILED, ["promises: S97 has no test that passed"])
    assert "| S97 | kill | failed |  |" in made.report()
    assert made.report().startswith("# Promises held by make test-long\n")


def test_one_failure_outweighs_what_passed(tmp_path):
    made = reported(
        tmp_path,
        result("test_a", "G1", "S97"),
        result("test_b[sqlite]", "G1"),
        result("test_b[postgresql]", "G1", outcome="failed"),
    )

    assert finish(made, pytest.ExitCode.TESTS_FAILED) == (
        pytest.ExitCode.TESTS_FAILED,
        ["promises: G1 is not held by test_b"],
    )
    assert "| G1 | no 5xx | failed | `test_a` |" in made.report()


def test_unknown_and_doubled_ids_and_odd_places_are_problems(tmp_path):
    page = "| `G1` | a | b | test |\n| `G1` | a | b | somewhere |\n"
    made = reported(tmp_path, result("test_a", "G1", "S999"), page=page)

    assert made.problems() == [
        "G1 stands twice",
        "S999 is no row of the document",
        "G1: 'somewhere' says not where it is held",
    ]


def test_ids_of_markers_travel_with_the_report():
    marks = [SimpleNamespace(args=("G4", "S49"))]
    item = SimpleNamespace(user_properties=[], iter_markers=lambda _name: marks)

    pytest_itemcollected(item)

    assert item.user_properties == [("promise", "G4"), ("promise", "S49")]


@pytest.mark.parametrize(
    ("run", "is_worker", "collects"),
    [("test", False, True), ("test", True, False), (None, False, False)],
)
def test_one_process_of_a_run_with_the_option_collects(run, is_worker, collects):
    registered = []
    config = SimpleNamespace(
        getoption=lambda _name: run,
        pluginmanager=SimpleNamespace(register=lambda plugin, _name: registered.append(plugin)),
    )
    if is_worker:
        config.workerinput = {}

    pytest_configure(config)

    assert len(registered) == collects


def test_the_document_has_every_promise():
    ids = [row.id for row in rows_of(DOCUMENT.read_text("utf-8"))]

    assert ids[:16] == [f"G{number}" for number in range(1, 17)]
    assert len(ids) > 100
