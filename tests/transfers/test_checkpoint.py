import pytest

from customer_api.transfers.checkpoint import Checkpoint, CheckpointFile, CheckpointUnusable
from customer_api.transfers.importer import Progress
from customer_api.transfers.report import ImportSummary

CHECKPOINT = Checkpoint(Progress(501, ImportSummary(1, 2, 3, 4)), 77)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "customers.csv.checkpoint"


def test_a_checkpoint_is_found_again_and_can_be_replaced(path):
    CheckpointFile(path, {"rows": "1"}).save(Checkpoint())
    CheckpointFile(path, {"rows": "1"}).save(CHECKPOINT)

    assert CheckpointFile(path, {"rows": "1"}).load() == CHECKPOINT
    assert [it.name for it in path.parent.iterdir()] == [path.name]


def test_a_checkpoint_of_another_import_is_refused(path):
    CheckpointFile(path, {"rows": "1", "database": "a"}).save(CHECKPOINT)

    with pytest.raises(CheckpointUnusable, match="is of another import"):
        CheckpointFile(path, {"rows": "1", "database": "b"}).load()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"import": 1}', "\x00"])
def test_what_is_no_checkpoint_is_refused(path, content):
    path.write_text(content)

    with pytest.raises(CheckpointUnusable):
        CheckpointFile(path, {}).load()


def test_a_checkpoint_without_all_it_needs_is_refused(path):
    file = CheckpointFile(path, {})
    file.save(CHECKPOINT)
    path.write_text(path.read_text().replace('"line"', '"lines"'))

    with pytest.raises(CheckpointUnusable, match="is no checkpoint"):
        file.load()


def test_where_there_is_none_nothing_is_found_and_nothing_removed(path):
    file = CheckpointFile(path, {})

    file.remove()

    assert file.load() is None


def test_a_finished_import_leaves_none(path):
    file = CheckpointFile(path, {})
    file.save(CHECKPOINT)

    file.remove()

    assert list(path.parent.iterdir()) == []
