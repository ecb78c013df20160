"""Archives of arrays: numpy reads what is written, and what numpy writes is read; nothing else is."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from netspec.lowering.npz import ArchiveError, Rows, read, write

ARRAYS: dict[str, Any] = {
    "matrix": torch.tensor([[1.5, -2.0, 0.0], [3.0, 4.0, 1e-30]]),
    "labels": torch.arange(5),
    "bytes": torch.tensor([[[0, 255]]], dtype=torch.uint8),
    "single": torch.tensor(2.5, dtype=torch.float64),
    "halves": torch.tensor([1.0, 2.0], dtype=torch.float16),
    "truths": torch.tensor([True, False]),
    "empty": torch.empty(0, 3),
    "names": ("cat", "Käse 🧀", ""),
}


def same(one: Any, other: Any) -> bool:
    if isinstance(one, tuple):
        return bool(one == other)
    return one.dtype == other.dtype and one.shape == other.shape and torch.equal(one, other)


def test_numpy_reads_what_is_written(tmp_path: Path) -> None:
    write(tmp_path / "a.npz", ARRAYS)
    with np.load(tmp_path / "a.npz", allow_pickle=False) as found:
        assert list(found) == list(ARRAYS)
        for name, each in ARRAYS.items():
            other = tuple(found[name].tolist()) if isinstance(each, tuple) else torch.from_numpy(found[name])
            assert same(each, other), name


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_what_numpy_writes_is_read(save: Any, tmp_path: Path) -> None:
    plain = {name: np.array(each) if isinstance(each, tuple) else each.numpy() for name, each in ARRAYS.items()}
    save(tmp_path / "a.npz", **plain, columns=np.asfortranarray(np.arange(6.0).reshape(2, 3)))
    found = read(tmp_path / "a.npz")
    assert all(same(each, found[name]) for name, each in ARRAYS.items())
    assert same(found["columns"], torch.arange(6, dtype=torch.float64).reshape(2, 3))


def test_what_numpy_has_no_type_for_becomes_float32(tmp_path: Path) -> None:
    write(tmp_path / "a.npz", {"x": torch.tensor([1.0, 0.5], dtype=torch.bfloat16)})
    assert same(read(tmp_path / "a.npz")["x"], torch.tensor([1.0, 0.5]))


def test_rows_are_written_as_they_come(tmp_path: Path) -> None:
    parts = (torch.full((count, 2), float(count)) for count in (3, 1))
    write(tmp_path / "a.npz", {"x": Rows((4, 2), parts)})
    assert np.load(tmp_path / "a.npz")["x"].tolist() == [[3, 3], [3, 3], [3, 3], [1, 1]]


def test_the_same_arrays_are_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.npz", "b.npz"):
        write(tmp_path / name, ARRAYS)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_a_slice_is_written_as_it_looks(tmp_path: Path) -> None:
    whole = torch.arange(12.0).reshape(3, 4)
    write(tmp_path / "a.npz", {"x": whole.t()[1:]})
    assert same(read(tmp_path / "a.npz")["x"], whole.t()[1:].contiguous())


def member(path: Path, content: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", content)
    return path


def npy(header: str, content: bytes = b"") -> bytes:
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + content


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"PK", "`x.npy` is no array"),
        (npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}"), "`x.npy` holds '|O'"),
        (npy("{'descr': '<f4', 'fortran_order': False, 'shape': (9,)}", bytes(4)), r"has 4 bytes for \(9,\) of <f4"),
        (npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}"), "holds '<f4' of shape"),
        (npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", bytes(4)), "plain numbers are read"),
        (npy("__import__('os').abort()"), "has a header that is none"),
        (npy("{'descr': '<f4'}"), "has a header that is none"),
        (npy("(" * 3000), "has a header that is none"),
        (b"\x93NUMPY\x02\x00" + (10**6).to_bytes(4, "little"), "has a header of 1,000,000 bytes"),
    ],
)
def test_what_is_no_array_of_numbers_or_text_is_refused(content: bytes, what: str, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=what):
        read(member(tmp_path / "a.npz", content))


def test_a_pickle_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.array([{}], dtype=object))
    with pytest.raises(ArchiveError, match=r"holds '\|O', and numbers and text are read"):
        read(tmp_path / "a.npz")


def test_what_is_no_archive_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_text("text")
    with pytest.raises(ArchiveError, match=r"is damaged, or no \.npz archive"):
        read(tmp_path / "a.npz")
    with pytest.raises(ArchiveError, match="can't be read: no such file"):
        read(tmp_path / "b.npz")
    with pytest.raises(ArchiveError, match="can't be written: no such file"):
        write(tmp_path / "no" / "a.npz", {})


def test_a_member_that_was_damaged_is_said_so(tmp_path: Path) -> None:
    write(tmp_path / "a.npz", {"x": torch.arange(1000.0)})
    content = bytearray((tmp_path / "a.npz").read_bytes())
    content[2000] ^= 1
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(ArchiveError, match=r"is damaged, or no \.npz archive: bad crc"):
        read(tmp_path / "a.npz")
