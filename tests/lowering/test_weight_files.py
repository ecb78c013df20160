"""Files of weights: what is read, what is refused and with which words, and what is written."""

from __future__ import annotations

import argparse
import io
import json
import os
import pickle
import struct
import tempfile
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from netspec.lowering.weight_files import WeightsError, check_ending, read, unwrapped, write

TENSORS = {"conv1.weight": torch.arange(12.0).view(3, 4), "conv1.bias": torch.arange(3.0)}


def refusal(path: Path) -> str:
    """What is said about a file that can't be read, `F` for its name."""
    with pytest.raises(WeightsError) as caught:
        read(path)
    return str(caught.value).replace(f"`{path}`", "`F`")


def same(found, expected) -> bool:
    return found.keys() == expected.keys() and all(torch.equal(found[name], expected[name]) for name in expected)


class Runs:
    """A pickle of this runs a command when it is loaded as a pickle."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


# Read


@pytest.mark.parametrize("ending", [".pt", ".pth", ".bin", ".pth.tar"])
def test_a_state_dict_is_read_whatever_its_ending(tmp_path, ending):
    torch.save(TENSORS, tmp_path / f"w{ending}")
    assert same(read(tmp_path / f"w{ending}"), TENSORS)


def test_the_format_of_torch_before_1_6_is_read(tmp_path):
    torch.save(TENSORS, tmp_path / "w.pt", _use_new_zipfile_serialization=False)
    assert same(read(tmp_path / "w.pt"), TENSORS)


def test_safetensors_are_read_in_the_order_of_their_names(tmp_path):
    save_file({**TENSORS, "a": torch.ones(1, dtype=torch.float16)}, tmp_path / "w.safetensors")
    found = read(str(tmp_path / "w.safetensors"))
    assert list(found) == ["a", "conv1.bias", "conv1.weight"]
    assert same({name: found[name] for name in TENSORS}, TENSORS)


@pytest.mark.parametrize("key", ["state_dict", "model_state_dict", "model", "net"])
def test_a_checkpoint_is_taken_out_of_what_it_is_wrapped_in(tmp_path, key):
    torch.save({"epoch": 90, key: TENSORS, "optimizer": {"state": {}}}, tmp_path / "w.pt")
    assert same(read(tmp_path / "w.pt"), TENSORS)


def test_a_wrapper_in_a_wrapper_is_opened(tmp_path):
    torch.save({"state_dict": {"model": TENSORS}}, tmp_path / "w.pt")
    assert same(read(tmp_path / "w.pt"), TENSORS)


def test_wrappers_are_opened_three_deep_and_no_deeper(tmp_path):
    torch.save({"state_dict": {"model": {"net": {"params": TENSORS}}}}, tmp_path / "w.pt")
    assert refusal(tmp_path / "w.pt") == "`F` is no state_dict: its `params` is not a tensor but of dict"


def test_what_stands_before_all_names_is_taken_off():
    assert unwrapped({"module.a.weight": 1, "module.b": 2}, ()) == {"a.weight": 1, "b": 2}
    assert unwrapped({"module._orig_mod.model.a": 1}, ()) == {"a": 1}
    assert unwrapped({"module.a": 1, "b": 2}, ()) == {"module.a": 1, "b": 2}
    assert unwrapped({}, ()) == {}


def test_a_prefix_that_the_network_itself_has_stays():
    assert unwrapped({"net.a": 1}, ("net.a", "net.b")) == {"net.a": 1}
    assert unwrapped({"module.net.a": 1}, ("net.a",)) == {"net.a": 1}


# Refused


def test_a_pickle_that_would_run_code_is_refused_and_runs_nothing(tmp_path):
    proof = tmp_path / "proof"
    for name, new in (("new.pt", True), ("old.pt", False)):
        torch.save({"a": Runs(proof)}, tmp_path / name, _use_new_zipfile_serialization=new)
        module = os.system.__module__
        assert refusal(tmp_path / name) == (
            f"`F` is not read: it holds `{module}.system`, and reading more than tensors could run code; "
            "save the network's state_dict alone, or as .safetensors"
        )
    for protocol, said in ((2, "`F` is not read: it holds `posix.system`, and"), (5, "`F` is damaged, or torch")):
        (tmp_path / "bare.pt").write_bytes(pickle.dumps(Runs(proof), protocol))
        assert refusal(tmp_path / "bare.pt").startswith(said)
    assert not proof.exists()


def test_a_whole_module_and_other_objects_are_refused(tmp_path):
    torch.save(torch.nn.Linear(2, 2), tmp_path / "module.pt")
    assert "it holds `torch.nn.modules.linear.Linear`, and" in refusal(tmp_path / "module.pt")
    torch.save({"state_dict": TENSORS, "args": argparse.Namespace(lr=1)}, tmp_path / "args.pt")
    assert "it holds `argparse.Namespace`, and" in refusal(tmp_path / "args.pt")


def test_an_old_torch_is_not_trusted_with_a_pickle(tmp_path, monkeypatch):
    torch.save(TENSORS, tmp_path / "w.pt")
    monkeypatch.setattr(torch, "__version__", "2.5.1+cpu")
    assert refusal(tmp_path / "w.pt") == (
        "torch 2.5.1+cpu is too old to read .pt files: a file can make it run code (CVE-2025-32434); "
        "use torch 2.6 or .safetensors"
    )


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ([1, 2], "`F` holds a list, not tensors by name"),
        (torch.ones(2), "`F` holds a Tensor, not tensors by name"),
        ({}, "`F` holds no tensors"),
        ({"epoch": 3}, "`F` is no state_dict: its `epoch` is not a tensor but of int"),
        ({3: torch.ones(1)}, "`F` is no state_dict: 3 is not the name of a tensor"),
    ],
)
def test_what_is_no_state_dict_is_named(tmp_path, content, what):
    torch.save(content, tmp_path / "w.pt")
    assert refusal(tmp_path / "w.pt") == what


@pytest.mark.parametrize("name", ["w.pt", "w.safetensors"])
def test_no_file_a_folder_and_an_empty_file_are_told_apart(tmp_path, name):
    path = tmp_path / name
    assert refusal(path) == "`F` can't be read: no such file or directory"
    path.write_bytes(b"")
    assert refusal(path) == "`F` is empty"
    path.unlink()
    path.mkdir()
    assert refusal(path) == "`F` is a folder, not a file of weights"


def test_a_name_that_no_file_can_have_is_refused():
    assert refusal(Path("a\0b.pt")).startswith("`F` can't be read: ")


@pytest.mark.parametrize("new", [True, False])
def test_a_file_of_torch_cut_off_anywhere_is_damaged(tmp_path, new):
    torch.save(TENSORS, tmp_path / "whole.pt", _use_new_zipfile_serialization=new)
    content = (tmp_path / "whole.pt").read_bytes()
    for end in (1, 2, 10, 64, len(content) // 2, len(content) - 4):
        (tmp_path / "cut.pt").write_bytes(content[:end])
        assert refusal(tmp_path / "cut.pt").startswith("`F` is damaged, or torch did not write it")


@settings(max_examples=150, deadline=None)
@given(at=st.integers(0, 10_000), byte=st.integers(0, 255), new=st.booleans())
def test_a_byte_changed_anywhere_is_read_as_tensors_or_refused(at, byte, new):
    buffer = io.BytesIO()
    torch.save(TENSORS, buffer, _use_new_zipfile_serialization=new)
    content = bytearray(buffer.getvalue())
    content[at % len(content)] = byte
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "w.pt"
        path.write_bytes(content)
        with suppress(WeightsError):
            assert all(isinstance(tensor, torch.Tensor) for tensor in read(path).values())


def test_text_under_the_ending_of_weights_is_damaged(tmp_path):
    (tmp_path / "w.pt").write_text("<!DOCTYPE html>\n<title>404</title>\n")
    assert refusal(tmp_path / "w.pt").startswith("`F` is damaged, or torch did not write it")


def test_a_compressed_archive_is_refused_before_it_is_unpacked(tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.pt", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb/data.pkl", b"\0" * 1_000_000)
    assert refusal(tmp_path / "bomb.pt") == "`F` was not written by torch: `bomb/data.pkl` in it is compressed"


def test_an_archive_with_a_damaged_list_of_contents_is_refused(tmp_path):
    torch.save(TENSORS, tmp_path / "w.pt")
    content = (tmp_path / "w.pt").read_bytes()
    (tmp_path / "w.pt").write_bytes(content.replace(b"PK\x01\x02", b"XX\x01\x02"))
    assert refusal(tmp_path / "w.pt") == (
        "`F` is damaged, or torch did not write it: Bad magic number for central directory"
    )


def safe(header: object, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"abc", "its header would have 6,513,249 bytes, and the file has 3"),
        (
            struct.pack("<Q", 2**63) + b"{}",
            "its header would have 9,223,372,036,854,775,808 bytes, and the file has 10",
        ),
        (safe(b"not json"), "its header is not an object of JSON"),
        (safe([1]), "its header is not an object of JSON"),
        (safe(b"[" * 100_000), "its header is not an object of JSON"),
    ],
)
def test_a_damaged_safetensors_file_says_what_is_wrong_with_its_header(tmp_path, content, what):
    (tmp_path / "w.safetensors").write_bytes(content)
    assert refusal(tmp_path / "w.safetensors") == f"`F` is damaged, or no .safetensors file: {what}"


@pytest.mark.parametrize("offsets", [[0, 400], [8, 4], [-4, 0]])
def test_tensors_outside_of_the_file_are_refused(tmp_path, offsets):
    header = {"a": {"dtype": "F32", "shape": [100], "data_offsets": offsets}}
    (tmp_path / "w.safetensors").write_bytes(safe(header, b"\0" * 8))
    assert refusal(tmp_path / "w.safetensors").startswith("`F` is damaged, or no .safetensors file: ")


def test_a_huge_header_is_refused_before_it_is_read(tmp_path):
    with (tmp_path / "w.safetensors").open("wb") as file:
        file.write(struct.pack("<Q", 200_000_000))
        file.truncate(300_000_000)  # a hole: it takes no room
    assert refusal(tmp_path / "w.safetensors") == (
        "`F` has a header of 200,000,000 bytes; the format allows 100,000,000"
    )


# Written


@pytest.mark.parametrize("ending", [".pt", ".pth", ".safetensors"])
def test_what_is_written_is_read_back_bit_by_bit_and_nothing_else_is_left(tmp_path, ending):
    path = tmp_path / f"w{ending}"
    path.write_text("older")
    path.chmod(0o640)
    tensors = {**TENSORS, "half": torch.randn(3, 4).half().T, "steps": torch.tensor(7)}
    write(path, tensors)
    assert same(read(path), tensors)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_name_without_a_format_is_refused():
    with pytest.raises(WeightsError) as caught:
        check_ending("w.bin")
    assert str(caught.value) == (
        "`w.bin` can't be written: its ending says no format; give it .safetensors, .pt or .pth"
    )


@pytest.mark.parametrize("ending", [".pt", ".safetensors"])
def test_a_file_that_cannot_be_written_is_refused_in_one_line(tmp_path, ending):
    target = tmp_path / "no" / f"w{ending}"
    with pytest.raises(WeightsError) as caught:
        write(target, TENSORS)
    assert str(caught.value) == f"`{target}` can't be written: no such file or directory"
    (tmp_path / f"d{ending}").mkdir()
    with pytest.raises(WeightsError, match=r"can't be written: is a directory$"):
        write(tmp_path / f"d{ending}", TENSORS)


@pytest.mark.parametrize("ending", [".pt", ".safetensors"])
def test_a_disk_that_is_full_leaves_the_old_file(tmp_path, monkeypatch, ending):
    path = tmp_path / f"w{ending}"
    write(path, TENSORS)

    def full(tensors, target):
        Path(target).write_bytes(b"half")
        raise RuntimeError("No space left on device\nand more")

    from safetensors import SafetensorError

    def full_safe(tensors, target):
        Path(target).write_bytes(b"half")
        raise SafetensorError("No space left on device")

    monkeypatch.setattr("torch.save", full)
    monkeypatch.setattr("safetensors.torch.save_file", full_safe)
    with pytest.raises(WeightsError) as caught:
        write(path, {"other": torch.ones(1)})
    assert str(caught.value) == f"`{path}` can't be written: no space left on device"
    assert same(read(path), TENSORS)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
