from tfgmmgan.training import several
from tfgmmgan.training.run_directory import RunDirectory


def test_a_page_of_methods_has_a_report_of_each_and_the_first_runs_pictures(tmp_path, monkeypatch):
    runs = [[RunDirectory(tmp_path / "a"), RunDirectory(tmp_path / "b")], [RunDirectory(tmp_path / "c")]]
    told = []
    monkeypatch.setattr(several, "report_runs", lambda *arguments: told.append(arguments))
    monkeypatch.setattr(several, "write_comparison", lambda *arguments: told.append(arguments))
    groups = [[{"run": 0}, {"run": 1}], [{"run": 2}]]
    several.compare_runs(tmp_path, groups, runs, "last")
    pages = ["report-1.html", "report-2.html"]
    assert told[:2] == [
        (tmp_path / page, of_group, cards, "last") for page, of_group, cards in zip(pages, runs, groups, strict=True)
    ]
    pictures = [tmp_path / name / "samples" / "final_samples.png" for name in ("a", "c")]
    assert told[2] == (tmp_path / "report.html", groups, pages, pictures)
