import io

from customer_api.transfers.report import ImportSummary, Refusal, ReportFile


def test_report_is_csv_with_an_empty_cell_for_a_missing_reference():
    text = io.StringIO()
    report = ReportFile(text)

    report.add(Refusal(3, "DE--1", "bad, very bad"))
    report.add(Refusal(7, None, "not well-formed CSV"))

    assert text.getvalue().splitlines() == [
        "line,customer_reference,error",
        '3,DE--1,"bad, very bad"',
        "7,,not well-formed CSV",
    ]


def test_summaries_add_up():
    first, second = ImportSummary(1, 2, 3, 4), ImportSummary(10, 20, 30, 40)

    assert first + second == ImportSummary(11, 22, 33, 44)
