"""Where a set is looked for, in which order, and what is said if it is nowhere."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from netspec.data import finding, places
from netspec.data.dataset import DataError, load
from netspec.data.known import KNOWN, Known, Remote
from netspec.records import replace
from tests.data.server import publisher
from tests.data.written import cifar10, idx, mnist, numbered, picture


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with an empty cache and no sets."""
    monkeypatch.delenv("NETSPEC_DATA", raising=False)
    monkeypatch.delenv("NETSPEC_OFFLINE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(places, "WELL_KNOWN", (str(tmp_path / "shared"),))
    return tmp_path


def refused(words: str, offline: bool = True) -> str:
    with pytest.raises(DataError) as error:
        load(words, offline=offline)
    return str(error.value)


def archive(folder: Path) -> bytes:
    """A folder as a .tar.gz."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        tar.add(folder, folder.name)
    return file.getvalue()


def remote(url: str, content: bytes) -> Remote:
    return Remote((url,), len(content), f"sha256:{hashlib.sha256(content).hexdigest()}")


# Finding


@pytest.mark.parametrize("folder", ["mnist", "MNIST/raw", "MNIST", "mnist/MNIST/raw"])
def test_a_set_is_found_under_the_names_that_others_give_it(folder: str, machine: Path) -> None:
    mnist(machine / "cache" / "netspec" / folder)
    assert load("mnist", offline=True).place == str(machine / "cache" / "netspec" / folder)


def test_the_variable_is_asked_before_the_cache_and_that_before_what_the_system_has(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mnist(machine / "shared" / "mnist")
    assert load("mnist", offline=True).place == str(machine / "shared" / "mnist")
    mnist(machine / "cache" / "netspec" / "mnist")
    assert load("mnist", offline=True).place == str(machine / "cache" / "netspec" / "mnist")
    mnist(machine / "two" / "mnist")
    monkeypatch.setenv("NETSPEC_DATA", f"{machine}/one:{machine}/two")
    assert load("mnist", offline=True).place == str(machine / "two" / "mnist")


def test_a_folder_that_lacks_a_file_is_passed_over(machine: Path) -> None:
    mnist(machine / "cache" / "netspec" / "mnist")
    (machine / "cache" / "netspec" / "mnist" / "train-labels-idx1-ubyte.gz").unlink()
    mnist(machine / "shared" / "mnist")
    assert load("mnist", offline=True).place == str(machine / "shared" / "mnist")


def test_a_set_or_the_folder_above_it_can_be_named(machine: Path) -> None:
    cifar10(machine / "data" / "cifar-10-batches-bin")
    place = str(machine / "data" / "cifar-10-batches-bin")
    assert load(f"cifar10:{machine}/data").place == load(f"cifar10:{place}").place == place


def test_a_folder_of_ones_own_is_found_by_its_name(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b"):
        picture(machine / "sets" / "pets" / name / "1.png")
    monkeypatch.setenv("NETSPEC_DATA", str(machine / "sets"))
    assert load("pets").classes == ("a", "b")


def test_a_folder_is_recognised_by_what_is_in_it(machine: Path) -> None:
    mnist(machine / "digits")
    cifar10(machine / "photos")
    assert load(str(machine / "digits")).shape == (1, 28, 28)
    assert load(str(machine / "photos")).shape == (3, 32, 32)


# Not found


def test_without_a_network_it_is_said_where_it_was_looked_for_and_what_to_fetch(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NETSPEC_DATA", str(machine / "sets"))
    mnist(machine / "sets" / "cifar10")
    (machine / "shared").mkdir()
    text = refused("cifar10")
    assert text.replace(str(machine), "M") == (
        "`cifar10` is not on this machine, and downloading is forbidden (`--offline` or NETSPEC_OFFLINE)\n"
        "looked in:\n"
        "  $NETSPEC_DATA (M/sets): `M/sets/cifar10` has no data_batch_1.bin\n"
        "  the cache (M/cache/netspec): there is no such folder\n"
        "  M/shared: it is not there\n"
        "to fetch it yourself:\n"
        "  https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz (170,052,171 bytes, sha256 "
        "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd)\n"
        "put it as it is into `M/cache/netspec/cifar10`, or say where it is: `cifar10:/path/to/it`"
    )


def test_the_variable_forbids_downloads_as_the_option_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "fetch", lambda *_: pytest.fail("it was fetched"))
    monkeypatch.setenv("NETSPEC_OFFLINE", "1")
    assert "downloading is forbidden" in refused("fashion-mnist", offline=False)
    monkeypatch.setenv("NETSPEC_OFFLINE", "0")
    with pytest.raises(pytest.fail.Exception):
        load("fashion-mnist")


def test_a_set_that_needs_an_account_says_where_to_get_one() -> None:
    text = refused("imagenet", offline=False)
    assert text.startswith("`imagenet` is not on this machine, and can't be downloaded without an account\n")
    assert "\n  https://image-net.org/download.php\nput its folders into `" in text


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("cifr10", "there is no set `cifr10`; did you mean `cifar10`?"),
        ("fashion_mnist:/x", "there is no set `fashion_mnist`; did you mean `fashion-mnist`?"),
        ("zzz", "there is no set `zzz`; there are mnist-mini, mnist, "),
        ("", "there is no set ``; there are mnist-mini, "),
        ("folder", "`folder` is a layout, folders of images, `class/*.jpg`: say where, `folder:/path/to/it`"),
        ("./nowhere", "there is no folder `./nowhere`"),
        ("mnist:/nowhere", "there is no folder `/nowhere`"),
        ("folder:/nowhere", "there is no folder `/nowhere`"),
    ],
)
def test_words_that_name_nothing_are_answered_in_one_line(words: str, says: str) -> None:
    said = refused(words)
    assert said.startswith(says) and "\n" not in said


def test_a_folder_without_any_layout_shows_which_there_are(machine: Path) -> None:
    (machine / "empty").mkdir()
    said = refused(str(machine / "empty"))
    assert said.startswith(f"`{machine}/empty` has no layout that is read; these are:\n  idx: IDX files, as MNIST's\n")
    (machine / "file.bin").write_text("x")
    assert refused(f"mnist:{machine}/file.bin").startswith(
        f"`{machine}/file.bin` is a file; name the folder of `mnist`"
    )


# Downloading


def tiny(url: str, files: dict[str, bytes]) -> Known:
    return replace(KNOWN["mnist"], name="tiny", files=tuple(remote(url + name, files[name]) for name in files))


def test_a_set_is_downloaded_once_into_the_cache(
    machine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mnist(machine / "published")
    files = {path.name: path.read_bytes() for path in sorted((machine / "published").iterdir())}
    with publisher(files) as server:
        monkeypatch.setitem(KNOWN, "tiny", tiny(server.url, files))
        dataset = load("tiny")
        assert dataset.place == str(machine / "cache" / "netspec" / "tiny")
        assert len(server.asked) == 4
        told = capsys.readouterr().err
        assert f"tiny: fetching {server.url}train-images-idx3-ubyte.gz (0.0 MB)\n" in told
        load("tiny", offline=True)
        assert len(server.asked) == 4 and capsys.readouterr().err == ""


def test_a_download_that_fails_says_why_and_what_to_do(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mnist(machine / "published")
    files = {path.name: path.read_bytes() for path in sorted((machine / "published").iterdir())}
    with publisher({}) as server:
        monkeypatch.setitem(KNOWN, "tiny", tiny(server.url, files))
        text = refused("tiny", offline=False)
    assert "train-images-idx3-ubyte.gz: 404 Not Found" in text or "404 Not Found" in text
    assert "`tiny` is not on this machine, and could not be downloaded\nlooked in:\n" in text
    assert f"put these files into `{machine}/cache/netspec/tiny`" in text


def test_an_archive_is_unpacked_after_it_was_checked(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cifar10(machine / "published" / "cifar-10-batches-bin")
    content = archive(machine / "published" / "cifar-10-batches-bin")
    with publisher({"c.tar.gz": content}) as server:
        packed = replace(KNOWN["cifar10"], name="tiny", files=(remote(server.url + "c.tar.gz", content),))
        monkeypatch.setitem(KNOWN, "tiny", packed)
        dataset = load("tiny")
        assert dataset.place == str(machine / "cache" / "netspec" / "tiny" / "cifar-10-batches-bin")
        assert dataset.digest == load(f"cifar10:{machine}/published").digest
        load("tiny", offline=True)
        assert len(server.asked) == 1


@pytest.mark.parametrize("place", ["cache/netspec/tiny", "cache/netspec", "sets", "sets/tiny"])
def test_an_archive_that_the_user_fetched_is_unpacked_without_a_network(
    place: str, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cifar10(machine / "published" / "cifar-10-batches-bin")
    content = archive(machine / "published" / "cifar-10-batches-bin")
    packed = replace(KNOWN["cifar10"], name="tiny", files=(remote("http://no.invalid/c.tar.gz", content),))
    monkeypatch.setitem(KNOWN, "tiny", packed)
    monkeypatch.setenv("NETSPEC_DATA", str(machine / "sets"))
    (machine / place).mkdir(parents=True)
    (machine / place / "c.tar.gz").write_bytes(content)
    assert load("tiny", offline=True).place == str(machine / "cache" / "netspec" / "tiny" / "cifar-10-batches-bin")
    (machine / place / "c.tar.gz").write_bytes(content[:-1])
    assert load("tiny", offline=True).shape == (3, 32, 32)  # what is unpacked is found first


def test_another_archive_under_the_same_name_is_not_unpacked(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = b"x" * 100
    packed = replace(KNOWN["cifar10"], name="tiny", files=(remote("http://no.invalid/c.tar.gz", content),))
    monkeypatch.setitem(KNOWN, "tiny", packed)
    path = machine / "cache" / "netspec" / "c.tar.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"y" * 99)
    assert refused("tiny") == f"`{path}` is not the file that was published: it has 99 bytes, not 100; remove it"
    path.write_bytes(b"y" * 100)
    assert refused("tiny").startswith("`c.tar.gz` is not the file that was published")


def test_an_archive_within_an_archive_is_unpacked_too(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("accordion", "BACKGROUND_Google", "zebra"):
        picture(machine / "published" / "101_ObjectCategories" / name / "image_0001.jpg")
    inner = machine / "outer" / "caltech-101" / "101_ObjectCategories.tar.gz"
    inner.parent.mkdir(parents=True)
    inner.write_bytes(archive(machine / "published" / "101_ObjectCategories"))
    content = archive(inner.parent)
    packed = replace(KNOWN["caltech101"], files=(remote("http://no.invalid/caltech-101.zip", content),))
    monkeypatch.setitem(KNOWN, "caltech101", packed)
    path = machine / "cache" / "netspec" / "caltech101" / "caltech-101.zip"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    assert load("caltech101", offline=True).classes == ("accordion", "zebra")


def test_an_archive_of_something_else_is_said_to_be_so(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture(machine / "published" / "a" / "1.png")
    content = archive(machine / "published")
    packed = replace(KNOWN["cifar10"], name="tiny", files=(remote("http://no.invalid/c.tar.gz", content),))
    monkeypatch.setitem(KNOWN, "tiny", packed)
    path = machine / "cache" / "netspec" / "c.tar.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    assert refused("tiny").endswith("is not `tiny`: it has no data_batch_1.bin")


# The table


def test_every_known_set_has_a_layout_and_files_that_can_be_checked() -> None:
    from netspec.data.layouts import LAYOUTS

    for name, known in KNOWN.items():
        assert known.layout in LAYOUTS or known.layout == "voc", name
        assert known.files or known.shipped or name == "imagenet"
        for each in known.files:
            kind, _, digest = each.digest.partition(":")
            assert len(digest) == {"sha256": 64, "md5": 32}[kind] and each.size > 1000
            assert all(url.startswith(("https://", "http://")) and url.endswith(each.name) for url in each.urls)
        archives = [each for each in known.files if known.layout != "idx"]
        assert bool(known.unpacked) == bool(archives)
        assert sum(each.size for each in archives) <= known.unpacked


def test_images_of_splits_that_differ_in_size_are_refused(machine: Path) -> None:
    mnist(machine / "odd")
    (machine / "odd" / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(numbered(10, 20, 20))))
    assert "the images of its splits differ in size" in refused(f"idx:{machine}/odd")


def test_the_cache_is_where_the_system_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/somebody")
    for system, path in (
        ("linux", "/somebody/.cache/netspec"),
        ("darwin", "/somebody/Library/Caches/netspec"),
    ):
        monkeypatch.setattr(places.sys, "platform", system)
        assert str(places.cache()) == path
    assert places.shown(places.cache()) == "~/Library/Caches/netspec"


def test_a_place_that_the_system_refuses_is_one_line(machine: Path) -> None:
    for words in ("x" * 5000, f"folder:{'x/' * 3000}", f"voc:{'x' * 5000}", f"cifar10:{'y' * 3000}"):
        read = finding.load_boxes if words.startswith("voc") else load
        with pytest.raises(DataError, match=r"can't be read: file name too long$"):
            read(words)
    with pytest.raises(DataError, match=r"^'a\\x00' is no name of a set: it holds a NUL character$"):
        load("a\0")
