"""What a container leaves where Kubernetes shows it."""

from job.results import termination


def test_the_end_of_the_words_is_kept(tmp_path, monkeypatch):
    """As many bytes as Kubernetes keeps; where nothing takes them, they are dropped."""
    file = tmp_path / "log"
    monkeypatch.setattr(termination, "_FILE", file)
    termination.leave("lost")
    assert not file.exists()
    file.touch()
    termination.leave("x" * termination.LONGEST + "é, at last")
    found = file.read_bytes()
    assert len(found) == termination.LONGEST
    assert found.decode().endswith("xé, at last")
