from types import SimpleNamespace

import pytest

from tests.contract.coverage import (
    DOCUMENT,
    ContractCoverage,
    Rule,
    pytest_configure,
    pytest_itemcollected,
    rules_of,
)

PAGE = """# A page
- `url-1` Slashes **do not** count.
| `url-2` | `GET /x/y` | one two three four five six seven eight nine ten eleven |
- `url-3` later: more of it.
- no rule, and `url-4` is not at the start
"""


def report(name="tests/test_x.py::test_a[sqlite]", *rules, outcome="passed", when="call"):
    return SimpleNamespace(
        nodeid=name,
        user_properties=[("contract", rule) for rule in rules] + [("other", "x")],
        failed=outcome == "failed",
        when=when,
    )


def coverage(*reports, page=PAGE, write_to=None, compare_with=None):
    made = ContractCoverage(page, write_to=write_to, compare_with=compare_with)
    for one in reports:
        made.pytest_runtest_logreport(one)
    return made


def finish(made, exitstatus=pytest.ExitCode.OK):
    session = SimpleNamespace(exitstatus=exitstatus)
    made.pytest_sessionfinish(session)
    lines = []
    reporter = SimpleNamespace(write_line=lambda line, **_style: lines.append(line))
    made.pytest_terminal_summary(reporter)
    return session.exitstatus, lines


GOOD = (report("tests/test_x.py::test_a[sqlite]", "url-1", "url-2"),)


def test_rules_are_list_items_and_rows_that_start_with_an_id():
    rules = list(rules_of(PAGE))

    assert rules == [
        Rule("url-1", "Slashes do not count.", is_later=False),
        Rule(
            "url-2", "`GET /x/y` one two three four five six seven eight nine ten …", is_later=False
        ),
        Rule("url-3", "later: more of it.", is_later=True),
    ]


def test_a_code_span_that_is_cut_is_closed():
    (rule,) = rules_of("- `url-1` " + "word " * 10 + "`code goes on and on`")

    assert rule.words.endswith("word `code goes` …")


def test_rules_in_the_document_are_unique():
    ids = [rule.id for rule in rules_of(DOCUMENT.read_text("utf-8"))]

    assert len(ids) == len(set(ids))
    assert len(ids) > 100


def test_the_table_names_tests_without_parameters_in_the_order_of_the_document():
    made = coverage(*GOOD, report("tests/test_x.py::test_a[postgresql]", "url-1"))

    rows = made.table().splitlines()[-3:]

    assert rows == [
        "| `url-1` | Slashes do not count. | `tests/test_x.py::test_a` |",
        "| `url-2` | `GET /x/y` one two three four five six seven eight nine ten … "
        "| `tests/test_x.py::test_a` |",
        "| `url-3` | later: more of it. | later |",
    ]
    assert made.problems() == []


@pytest.mark.parametrize("when", ["setup", "call", "teardown"])
def test_a_test_that_failed_holds_nothing(when):
    made = coverage(
        *GOOD, report("tests/test_x.py::test_a[b]", "url-1", outcome="failed", when=when)
    )

    problems = made.problems()

    assert problems == ["url-1 has no test that passed", "url-2 has no test that passed"]


def test_unknown_double_and_premature_rules_are_problems():
    page = PAGE + "- `url-1` Again."

    made = coverage(report("t::a", "url-1", "url-2", "url-3", "url-9"), page=page)

    assert made.problems() == [
        "url-1 stands twice in the document",
        "url-9 is no rule of the document",
        "url-3 is marked as later and has a test",
    ]


def test_a_run_without_options_neither_checks_nor_writes():
    status, lines = finish(coverage())

    assert status == pytest.ExitCode.OK
    assert lines == []


def test_a_written_table_passes_the_check(tmp_path):
    path = tmp_path / "table.md"

    written = finish(coverage(*GOOD, write_to=path))
    checked = finish(coverage(*GOOD, compare_with=path))

    assert written == checked == (pytest.ExitCode.OK, [])


def test_a_table_with_problems_is_not_written(tmp_path):
    path = tmp_path / "table.md"

    status, lines = finish(coverage(write_to=path))

    assert status == pytest.ExitCode.TESTS_FAILED
    assert lines[0] == "contract coverage: url-1 has no test that passed"
    assert not path.exists()


def test_an_outdated_table_fails_the_run(tmp_path):
    path = tmp_path / "table.md"
    path.write_text("old", "utf-8")

    status, lines = finish(coverage(*GOOD, compare_with=path))

    assert status == pytest.ExitCode.TESTS_FAILED
    assert lines == [f"contract coverage: {path} is out of date; run make generate"]


def test_a_run_that_failed_otherwise_keeps_its_status():
    status, _ = finish(coverage(write_to=DOCUMENT), pytest.ExitCode.INTERRUPTED)

    assert status == pytest.ExitCode.INTERRUPTED


@pytest.mark.parametrize(("is_worker", "registered"), [(False, 1), (True, 0)])
def test_only_the_process_that_hears_all_results_collects_them(is_worker, registered):
    plugins = []
    manager = SimpleNamespace(register=lambda plugin, _name: plugins.append(plugin))
    config = SimpleNamespace(getoption=lambda _name: None, pluginmanager=manager)
    if is_worker:
        config.workerinput = {}

    pytest_configure(config)

    assert len(plugins) == registered


def test_the_rules_of_a_mark_travel_with_the_report():
    marks = [pytest.mark.contract("url-1", "url-2").mark]
    item = SimpleNamespace(user_properties=[], iter_markers=lambda _name: iter(marks))

    pytest_itemcollected(item)

    assert item.user_properties == [("contract", "url-1"), ("contract", "url-2")]
