"""`netspec predict`: pictures of all kinds go the way of the images that the network was trained on."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor

from netspec.cli import main
from netspec.training.evaluation import evaluate
from netspec.training.intake import intake
from netspec.training.predicting import probabilities
from netspec.training.task import losses_of
from netspec.training.trained import trained
from tests.training.trained_runs import pixels, run

Capture = pytest.CaptureFixture[str]

COLOUR = "synthetic:3x6x6:4:40"


def picture(values: Tensor) -> Image.Image:
    """Pixels uint8 (C, H, W) as a picture."""
    channels, height, width = values.shape
    flat = bytes(values.permute(1, 2, 0).flatten().tolist())
    return Image.frombytes("L" if channels == 1 else "RGB", (width, height), flat)


def asked(folder: Path, *words: str | Path, status: int = 0, capsys: Capture) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert main(["predict", str(folder), *map(str, words), "--top", "4", "--json"]) == status
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["images"]
    return found


def told(image: dict[str, Any]) -> list[float]:
    """The probabilities by the number of the class."""
    by_label = {each["label"]: each["probability"] for each in image["classes"]}
    return [by_label[label] for label in range(4)]


def expected(values: Tensor, **which: Any) -> list[float]:
    """The probabilities of one image as it is in the set, by netspec's parts."""
    made = trained(run(**which))
    found: list[float] = probabilities(made, intake(made.task).fitted(values.unsqueeze(0)))[0].tolist()
    return found


def variants(image: Image.Image) -> dict[str, Image.Image]:
    """The same grey picture in every mode that shows it unchanged."""
    deep = Image.new("I;16", image.size)
    deep.putdata([value * 257 for value in image.tobytes()])
    opaque = image.convert("RGBA")
    sideways = image.transpose(Image.Transpose.ROTATE_90)
    return {
        "grey.png": image,
        "colour.png": image.convert("RGB"),
        "opaque.png": opaque,
        "palette.png": image.convert("P"),
        "deep.png": deep,
        "picture.bmp": image,
        "picture.tif": image,
        "turned.png": sideways,
    }


def test_a_picture_of_any_kind_gives_what_the_image_in_the_set_gives(tmp_path: Path, capsys: Capture) -> None:
    image = pixels()[0]
    kinds = variants(picture(image))
    for name, each in kinds.items():
        exif = Image.Exif()
        exif[0x0112] = 6 if name == "turned.png" else 1  # turned by a quarter to the right when it is shown
        each.save(tmp_path / name, exif=exif)
    found = asked(run().folder, *(tmp_path / name for name in kinds), capsys=capsys)
    assert [Path(each["image"]).name for each in found] == list(kinds)
    for each in found:
        assert told(each) == pytest.approx(expected(image), abs=1e-6), each["image"]


def test_a_jpeg_is_nearly_what_it_was(tmp_path: Path, capsys: Capture) -> None:
    image = pixels()[1]
    picture(image).save(tmp_path / "a.jpg", quality=100)
    (found,) = asked(run().folder, tmp_path / "a.jpg", capsys=capsys)
    assert told(found) == pytest.approx(expected(image), abs=0.02)


def test_grey_becomes_colour_for_a_network_of_colour_and_the_other_way_round(tmp_path: Path, capsys: Capture) -> None:
    grey, colour = pixels()[0], pixels(COLOUR)[0]
    picture(grey).save(tmp_path / "grey.png")
    picture(colour).save(tmp_path / "colour.png")
    of_colour = {"text": "input 3x6x6\n4C3 - MP2 - 4N - softmax", "images": COLOUR}
    (found,) = asked(run(**of_colour).folder, tmp_path / "grey.png", capsys=capsys)
    assert told(found) == pytest.approx(expected(grey.expand(3, -1, -1), **of_colour), abs=1e-6)
    (found,) = asked(run().folder, tmp_path / "colour.png", capsys=capsys)
    luma = torch.tensor(list(picture(colour).convert("L").tobytes()), dtype=torch.uint8).view(1, 6, 6)
    assert told(found) == pytest.approx(expected(luma), abs=1e-6)


def test_what_was_fitted_in_training_is_done_to_pictures_of_the_size_of_the_set(
    tmp_path: Path, capsys: Capture
) -> None:
    padded = {"text": "input 1x7x7\n4C2 - MP2 - 4N", "inputs": "1x7x7"}
    made = trained(run(**padded))
    assert [each["name"] for each in made.task.steps] == ["pad"]
    image = pixels()[2]
    picture(image).resize((12, 18), Image.Resampling.NEAREST).save(tmp_path / "large.png")
    picture(image).save(tmp_path / "own.png")
    large, own = asked(run(**padded).folder, tmp_path / "large.png", tmp_path / "own.png", capsys=capsys)
    assert told(own) == pytest.approx(expected(image, **padded), abs=1e-6)
    way = intake(made.task)
    fitted = way.picture(tmp_path / "large.png")
    assert fitted.shape == (1, 7, 7) and fitted[:, 6].eq(0).all() and fitted[:, :, 6].eq(0).all()
    assert told(large) != told(own)


def test_the_classes_are_those_that_a_test_counts_with_mirror_images_too() -> None:
    for which in ({}, {"more": "test_flips = true"}):
        made, images = trained(run(**which)), pixels()
        way = intake(made.task)
        numbers = way.numbers(way.fitted(images), made.device)
        labels = torch.zeros(len(images), dtype=torch.int64)
        flips = made.task.settings.test_flips
        found = evaluate(made.network, [(numbers, labels)], losses_of(made.task.settings), 4, flips=flips)
        said = probabilities(made, way.fitted(images))
        assert said.sum(1).allclose(torch.ones(len(images)))
        assert tuple(said.argmax(1).bincount(minlength=4).tolist()) == found.confusion[0]
    assert flips and not probabilities(trained(run()), images).allclose(said)


def test_a_file_that_is_cut_off_is_named_and_the_others_are_predicted(tmp_path: Path, capsys: Capture) -> None:
    picture(pixels()[0]).resize((60, 60)).save(tmp_path / "a.png")
    whole = (tmp_path / "a.png").read_bytes()
    (tmp_path / "b.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "c.png").write_bytes(whole)
    (tmp_path / "d.png").write_text("no picture")
    assert main(["predict", str(run().folder), str(tmp_path), str(tmp_path / "e.png"), "--top", "1"]) == 1
    out, err = capsys.readouterr()
    assert [line.partition(":")[0] for line in out.splitlines()] == [str(tmp_path / "a.png"), str(tmp_path / "c.png")]
    assert err.splitlines() == [
        f"netspec: `{tmp_path / 'b.png'}` can't be read: image file is truncated",
        f"netspec: `{tmp_path / 'd.png'}` is no image in a format that is read: JPEG, PNG, BMP, GIF, WEBP, TIFF, PPM",
        f"netspec: `{tmp_path / 'e.png'}` can't be read: no such file or directory",
    ]
    found = asked(run().folder, tmp_path / "b.png", tmp_path / "c.png", status=1, capsys=capsys)
    assert "truncated" in found[0]["error"] and len(found[1]["classes"]) == 4


def test_folders_and_patterns_name_their_images_in_order(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "empty").mkdir()
    for name in ("b.png", "a.png", "in/c.png"):
        picture(pixels()[0]).save(tmp_path / name)
    (tmp_path / "a.txt").write_text("")
    words = [tmp_path, f"{tmp_path}/[ab].*", tmp_path / "empty", f"{tmp_path}/*.jpg"]
    found = asked(run().folder, *words, status=1, capsys=capsys)
    names = [Path(each["image"]).name for each in found]
    assert names == ["a.png", "b.png", "c.png", "a.png", "b.png", "empty", "*.jpg"]
    assert found[5]["error"] == f"the folder `{tmp_path / 'empty'}` has no images"
    assert found[6]["error"] == f"`{tmp_path}/*.jpg` names no file"


def test_a_picture_comes_from_standard_input(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    content = io.BytesIO()
    picture(pixels()[0]).save(content, "PNG")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content.getvalue())))
    (found,) = asked(run().folder, "-", capsys=capsys)
    assert found["image"] == "standard input"
    assert told(found) == pytest.approx(expected(pixels()[0]), abs=1e-6)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"")))
    (found,) = asked(run().folder, "-", status=1, capsys=capsys)
    assert found["error"].startswith("`standard input` is no image")


def test_more_pictures_than_go_at_a_time_are_predicted_in_their_order(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netspec.training.predicting.TOGETHER", 3)
    images = pixels()
    for at, image in enumerate(images):
        picture(image).save(tmp_path / f"{at}.png")
    found = asked(run().folder, tmp_path, capsys=capsys)
    assert len(found) == len(images) == 8
    for image, each in zip(images, found, strict=True):
        assert told(each) == pytest.approx(expected(image), abs=1e-6)


def test_people_see_a_table_of_each_image(tmp_path: Path, capsys: Capture) -> None:
    picture(pixels()[0]).save(tmp_path / "a.png")
    assert main(["predict", str(run().folder), str(tmp_path / "a.png"), "--top", "3"]) == 0
    first, *rows = capsys.readouterr().out.splitlines()
    assert first == str(tmp_path / "a.png") and len(rows) == 3
    best = max(expected(pixels()[0]))
    assert rows[0] == f"  {100 * best:6.2f} %  {expected(pixels()[0]).index(best)}"


def test_the_last_weights_are_others_than_the_best(tmp_path: Path, capsys: Capture) -> None:
    other = run(more="seed = 3")
    picture(pixels()[0]).save(tmp_path / "a.png")
    words = ["predict", str(other.folder), str(tmp_path / "a.png"), "--json"]
    other.weights("last").write_bytes(run(more="seed = 4").weights("last").read_bytes())
    outputs = []
    for weights in ("best", "last"):
        assert main([*words, "--weights", weights]) == 0
        found = json.loads(capsys.readouterr().out)
        assert found["weights"] == weights
        outputs.append(found["images"])
    assert outputs[0] != outputs[1]
    other.weights("best").unlink()
    assert main(words) == 2
    assert "the run has no best weights yet, and has its last ones: `last` takes these" in capsys.readouterr().err


def test_images_of_two_channels_are_no_pictures(tmp_path: Path, capsys: Capture) -> None:
    two = run(text="input 2x6x6\n4C3 - MP2 - 4N", images="synthetic:2x6x6:4:40")
    picture(pixels()[0]).save(tmp_path / "a.png")
    (found,) = asked(two.folder, tmp_path / "a.png", status=1, capsys=capsys)
    assert found["error"] == "the network was trained on images of 2 channels, and a picture has 1 or 3"
