"""CIFAR-10 and CIFAR-100, binary and as pickles."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import torch

from netspec.data.dataset import DataError, load
from tests.data.written import cifar10, numbered, python2_batch, records


def refused(words: str) -> str:
    with pytest.raises(DataError) as error:
        load(words)
    return str(error.value)


def test_binary_batches_are_read_in_order(tmp_path: Path) -> None:
    images, labels = cifar10(tmp_path)
    dataset = load(f"cifar10:{tmp_path}")
    train = dataset.splits["train"]
    assert torch.equal(train.pixels, images) and torch.equal(train.labels, labels)
    assert (dataset.shape, dataset.classes[3], len(dataset.splits["test"])) == ((3, 32, 32), "cat", 4)


def python10(folder: Path, images: torch.Tensor, labels: torch.Tensor) -> None:
    folder.mkdir()
    names = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]
    for number, name in enumerate(names):
        part = slice(number % 5 * 4, number % 5 * 4 + 4)
        (folder / name).write_bytes(python2_batch(images[part], "labels", labels[part].tolist()))


def test_batches_of_python_2_are_the_same_set(tmp_path: Path) -> None:
    images, labels = cifar10(tmp_path / "binary")
    python10(tmp_path / "python", images, labels)
    binary, python = (load(f"cifar10:{tmp_path / name}") for name in ("binary", "python"))
    assert torch.equal(python.splits["train"].pixels, images)
    assert binary.digest == python.digest


def test_batches_of_python_3_are_read_too(tmp_path: Path) -> None:
    numpy = pytest.importorskip("numpy")
    images, labels = cifar10(tmp_path / "binary")
    python10(tmp_path / "python", images, labels)
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        for order in "CF":
            array = numpy.asarray(images[:4].reshape(4, -1).numpy(), order=order)
            content = {b"data": array, "labels": numpy.arange(4) if order == "C" else [0, 1, 2, 3]}
            (tmp_path / "python" / "data_batch_1").write_bytes(pickle.dumps(content, protocol))
            assert load(f"cifar10:{tmp_path / 'python'}").digest == load(f"cifar10:{tmp_path / 'binary'}").digest


def test_the_fine_labels_of_cifar_100_are_read(tmp_path: Path) -> None:
    images = numbered(6, 3, 32, 32)
    fine, coarse = torch.tensor([0, 99, 5, 6, 7, 8]), torch.tensor([0, 19, 1, 2, 3, 4])
    for name in ("train.bin", "test.bin"):
        (tmp_path / name).write_bytes(records(images, fine, coarse))
    dataset = load(f"cifar100:{tmp_path}")
    assert dataset.splits["train"].labels.tolist() == fine.tolist()
    assert torch.equal(dataset.splits["train"].pixels, images)
    assert len(dataset.classes) == 100
    (tmp_path / "fine_label_names.txt").write_text("\n".join(f"kind {number}" for number in range(100)))
    assert load(f"cifar100:{tmp_path}").classes[99] == "kind 99"


def test_cifar_100_as_pickles_is_the_same_set(tmp_path: Path) -> None:
    images, fine = numbered(6, 3, 32, 32), torch.arange(6)
    (tmp_path / "b").mkdir()
    (tmp_path / "p").mkdir()
    for name in ("train", "test"):
        (tmp_path / "b" / f"{name}.bin").write_bytes(records(images, fine, fine))
        (tmp_path / "p" / name).write_bytes(python2_batch(images, "fine_labels", fine.tolist()))
    names = [f"kind {number}" for number in range(100)]
    (tmp_path / "b" / "fine_label_names.txt").write_text("\n".join(names))
    (tmp_path / "p" / "meta").write_bytes(pickle.dumps({"fine_label_names": [name.encode() for name in names]}, 2))
    python = load(f"cifar100:{tmp_path / 'p'}")
    assert python.classes[7] == "kind 7"
    assert python.digest == load(f"cifar100:{tmp_path / 'b'}").digest


def test_a_batch_of_another_size_is_refused(tmp_path: Path) -> None:
    cifar10(tmp_path)
    path = tmp_path / "data_batch_3.bin"
    path.write_bytes(path.read_bytes()[:-1])
    assert refused(f"cifar10:{tmp_path}") == (
        f"`{path}` is damaged, or no batch of CIFAR: it has 12,291 bytes, and a record has 3,073"
    )
    path.write_bytes(b"")
    assert "it has 0 bytes" in refused(f"cifar10:{tmp_path}")


def test_a_label_out_of_range_is_named(tmp_path: Path) -> None:
    images, _ = cifar10(tmp_path)
    path = tmp_path / "test_batch.bin"
    path.write_bytes(records(images[:3], torch.tensor([0, 1, 200])))
    assert refused(f"cifar10:{tmp_path}") == f"`{path}`: label 200 of image 2 is none of the 10 classes"


def test_names_that_are_too_few_or_twice_are_refused(tmp_path: Path) -> None:
    cifar10(tmp_path)
    path = tmp_path / "batches.meta.txt"
    path.write_text("cat\ndog\n")
    assert refused(f"cifar10:{tmp_path}") == f"`{path}` names 2 classes, not 10"
    path.write_text("cat\n" * 10)
    assert refused(f"cifar10:{tmp_path}") == f"`{path}` names the class `cat` twice"


def test_what_a_folder_lacks_is_said(tmp_path: Path) -> None:
    cifar10(tmp_path)
    (tmp_path / "data_batch_2.bin").unlink()
    assert refused(f"cifar10:{tmp_path}") == f"`{tmp_path}` is not `cifar10`; it has no data_batch_2.bin"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"data": b"", "labels": []}, "`data` and `labels` are not there, or no arrays"),
        ({"labels": [1]}, "`data` and `labels` are not there, or no arrays"),
        ([1, 2], "holds no dict"),
    ],
)
def test_a_pickle_of_something_else_is_refused(content: object, says: str, tmp_path: Path) -> None:
    images, labels = cifar10(tmp_path / "binary")
    python10(tmp_path / "python", images, labels)
    (tmp_path / "python" / "data_batch_1").write_bytes(pickle.dumps(content))
    assert says in refused(f"cifar10:{tmp_path / 'python'}")


def test_arrays_of_other_shapes_types_or_lengths_are_refused(tmp_path: Path) -> None:
    numpy = pytest.importorskip("numpy")
    images, labels = cifar10(tmp_path / "binary")
    python10(tmp_path / "python", images, labels)
    good = numpy.zeros((2, 3072), dtype="u1")
    for data, own, says in (
        (good[:, :3071], [0, 1], "its data are 2x3071 of torch.uint8, not Nx3072 of bytes"),
        (good[:0], [], "its data are 0x3072"),
        (good.astype("f4"), [0, 1], "has an array of `<f4`, not of bytes or whole numbers"),
        (good.astype("i8"), [0, 1], "its data are 2x3072 of torch.int64"),
        (good.astype(">i4"), [0, 1], "has an array of `>i4`"),
        (good, [0], "has 2 images and 1 labels"),
        (good, [0, "cat"], "a label is no number"),
        (good, [0, -1], "label -1 of image 1 is none of the 10 classes"),
        (good, [0, 2**70], "a label is no number"),
    ):
        (tmp_path / "python" / "test_batch").write_bytes(pickle.dumps({"data": data, "labels": own}))
        assert says in refused(f"cifar10:{tmp_path / 'python'}")


def test_names_of_a_pickle_that_are_too_few_are_refused(tmp_path: Path) -> None:
    images, labels = cifar10(tmp_path / "binary")
    python10(tmp_path / "python", images, labels)
    for names in ([b"cat"], list(range(10)), None):
        (tmp_path / "python" / "batches.meta").write_bytes(pickle.dumps({"label_names": names}))
        said = refused(f"cifar10:{tmp_path / 'python'}")
        assert said.endswith(
            (
                "names 1 classes under `label_names`, not 10",
                "names 10 classes under `label_names`, not 10",
                "names 0 classes under `label_names`, not 10",
            )
        )
