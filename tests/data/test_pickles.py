"""Pickles that are more than data are refused before anything in them runs."""

from __future__ import annotations

import os
import pickle
import pickletools
import struct
from pathlib import Path

import pytest

from netspec.data import pickles
from netspec.data.dataset import DataError
from netspec.data.pickles import NAMES, read_dict


def refused(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(DataError) as error:
        read_dict(path)
    return str(error.value).replace(str(path), "FILE")


class Runs:
    """Its pickle calls something."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self.call


def test_code_is_not_run(tmp_path: Path) -> None:
    witness = tmp_path / "ran"
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        for call in (Runs(os.system, f"touch {witness}"), Runs(eval, f"open({str(witness)!r}, 'w')")):
            said = refused(tmp_path / "batch", pickle.dumps({"data": call}, protocol))
            assert said.startswith("`FILE` is not read: it holds `") and "could run code" in said
    assert not witness.exists()


def test_the_name_of_what_is_refused_is_said(tmp_path: Path) -> None:
    assert refused(tmp_path / "batch", b"cos\nsystem\n(S'true'\ntR.") == (
        "`FILE` is not read: it holds `os.system`; "
        "only arrays, text and numbers are read, since anything else could run code"
    )


@pytest.mark.parametrize(
    "content",
    [
        b"cnumpy\nload\n.",  # no name of numpy but those of arrays
        b"cnumpy.core.multiarray\n_reconstruct.__globals__\n.",  # nothing within them
        b"\x80\x04\x8c\x05numpy\x8c\x10dtype.__init__.x\x93.",
        b"cbuiltins\ngetattr\n.",
        b"(S'x'\nios\nsystem\n.",  # INST
        b"\x80\x02\x82\x01.",  # EXT1
        b"Pid\n.",  # PERSID
        b"\x80\x02K\x01Q.",  # BINPERSID
    ],
)
def test_every_way_to_a_name_leads_to_the_same_refusal(content: bytes, tmp_path: Path) -> None:
    assert refused(tmp_path / "batch", content).startswith("`FILE` is not read: it holds `")


def test_what_stands_for_a_name_of_numpy_can_not_be_changed(tmp_path: Path) -> None:
    before = {key: dict(getattr(value, "__dict__", {})) for key, value in NAMES.items()}
    for name in (b"cnumpy.core.multiarray\n_reconstruct\n", b"cnumpy\ndtype\n", b"cnumpy\nndarray\n"):
        said = refused(tmp_path / "batch", name + b"(N(dS'__defaults__'\n(I1\ntstb.")
        assert said.startswith("`FILE` is not read: it holds `the state of something that is no array`")
    assert before == {key: dict(getattr(value, "__dict__", {})) for key, value in NAMES.items()}


def test_a_number_in_a_file_reserves_no_memory(tmp_path: Path) -> None:
    for content in (
        b"]r\xff\xff\xff\x7f.",  # LONG_BINPUT of the two thousand millionth place
        b"\x80\x05\x8e" + struct.pack("<Q", 2**62) + b"x.",  # BINBYTES8
        b"\x80\x05\x96" + struct.pack("<Q", 2**40) + b"x.",  # BYTEARRAY8
        b"\x80\x04\x95" + struct.pack("<Q", 2**50) + b"x.",  # FRAME
    ):
        assert "`FILE`" in refused(tmp_path / "batch", content)


def test_a_file_larger_than_any_batch_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pickles, "MOST_BYTES", 10)
    assert refused(tmp_path / "batch", pickle.dumps({"data": "0123456789"})).endswith("more than a batch of CIFAR has")


def test_nonsense_is_one_line(tmp_path: Path) -> None:
    whole = pickle.dumps({"data": [1, 2, {"a": b"b"}], "labels": list(range(300))}, 2)
    for end in range(len(whole) - 1):
        said = refused(tmp_path / "batch", whole[:end])
        assert said.startswith(("`FILE` is damaged, or no pickle: ", "`FILE` is not read: ")) and "\n" not in said
    for opcode in pickletools.opcodes:
        said = refused(tmp_path / "batch", opcode.code.encode("latin-1") + b"1\n.")
        assert "\n" not in said
    refused(tmp_path / "batch", b"\x80\x02" + b"(" * 100_000)


def test_plain_data_is_read_with_text_for_keys(tmp_path: Path) -> None:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        (tmp_path / "meta").write_bytes(pickle.dumps({b"names": ["a", "b"], "count": 2}, protocol))
        assert read_dict(tmp_path / "meta") == {"names": ["a", "b"], "count": 2}


KIND = b"cnumpy\ndtype\n(S'u1'\nI0\nI1\ntR(I3\nS'|'\nNNNI-1\nI-1\nI0\ntb"
ARRAY = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR"


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (b"(I1\n(I2\nt" + KIND + b"I00\nS'ab'\ntb", None),
        (b"", "an array in it is incomplete"),
        (b"(I1\ntb", "an array in it is incomplete"),
        (b"I1\nb", "an array in it is incomplete"),
        (b"(I1\n(I2\ntNI00\nS'ab'\ntb", "an array in it is incomplete"),
        (b"(I1\nI2\n" + KIND + b"I00\nS'ab'\ntb", "an array in it is incomplete"),
        (b"(I1\n(I2\nt" + KIND + b"I00\n]tb", "an array in it is incomplete"),
        (b"(I1\n(I-2\nt" + KIND + b"I00\nS'ab'\ntb", "an array in it has the shape (-2,)"),
        (b"(I1\n(S'x'\nt" + KIND + b"I00\nS'ab'\ntb", "an array in it has the shape"),
        (b"(I1\n(I3\nt" + KIND + b"I00\nS'ab'\ntb", "an array (3,) has 3 bytes, not 2"),
        (b"(I1\n(L" + b"9" * 40 + b"L\nt" + KIND + b"I00\nS'ab'\ntb", "bytes, not 2"),
    ],
)
def test_an_array_is_as_large_as_its_shape(state: bytes, says: str | None, tmp_path: Path) -> None:
    path = tmp_path / "batch"
    path.write_bytes(b"(dS'a'\n" + ARRAY + state + b"s.")
    array = read_dict(path)["a"]
    if says is None:
        assert array.tensor(path).tolist() == [97, 98]
        return
    with pytest.raises(DataError) as error:
        array.tensor(path)
    assert says in str(error.value)


def test_bytes_are_written_for_python_2_in_one_way_only(tmp_path: Path) -> None:
    path = tmp_path / "batch"
    path.write_bytes(b"(dS'a'\nc_codecs\nencode\n(Vab\nVlatin1\ntRs.")
    assert read_dict(path) == {"a": b"ab"}
    said = refused(path, b"(dS'a'\nc_codecs\nencode\n(Vab\nVrot13\ntRs.")
    assert said.startswith("`FILE` is not read: it holds `_codecs.encode`")
