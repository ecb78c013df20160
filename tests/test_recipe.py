"""The `train` section: what is read, and every error as its whole text."""

from __future__ import annotations

import runpy
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from netspec.diagnostics import render
from netspec.language import tree
from netspec.language.parse import parse
from netspec.recipe import SETTINGS, read_recipe
from netspec.recipe.reference import reference, signature
from netspec.source import Source


def section(text: str) -> tree.Train:
    """The `train` section with this body, behind a network."""
    items = parse(Source(f"1x28x28-20C5-10N\ntrain {{\n{text}\n}}\n", "net.spec")).chain.items
    (train,) = (item for item in items if isinstance(item, tree.Train))
    return train


def recipe(text: str, outputs=("main",), scope=None):
    """The recipe of a section that has nothing wrong with it."""
    read, findings = read_recipe(section(text), outputs, scope)
    assert findings == (), "\n".join(map(render, findings))
    return read


def fault(text: str, outputs=("main",), scope=None) -> str:
    """What is said about the one thing wrong with a section, from its line on."""
    read, findings = read_recipe(section(text), outputs, scope)
    (finding,) = findings
    assert not read
    head, _, rest = render(finding).split("\n", 2)
    return f"\n{head}\n{rest}\n"


def test_a_whole_recipe_is_read_with_exact_numbers_and_all_defaults():
    read = recipe(
        """
        loss = cross_entropy(smoothing=0.1)
        optimizer = sgd(lr=0.1, momentum=0.9, nesterov=true, weight_decay=5e-4)
        schedule = step(every=30, factor=0.1)
        epochs = 90
        batch = 128
        augment { crop(32, pad=4) - hflip }
        normalize = dataset
        init = kaiming
        """
    )
    assert read == {
        "loss": {"main": {"name": "cross_entropy", "smoothing": Fraction(1, 10), "weight": 1}},
        "optimizer": {
            "name": "sgd",
            "lr": Fraction(1, 10),
            "momentum": Fraction(9, 10),
            "nesterov": True,
            "weight_decay": Fraction(1, 2000),
        },
        "schedule": {"name": "step", "every": 30, "factor": Fraction(1, 10), "warmup": 0},
        "epochs": 90,
        "batch": 128,
        "augment": [
            {"name": "crop", "size": 32, "pad": 4, "mode": "zero"},
            {"name": "hflip", "chance": Fraction(1, 2)},
        ],
        "normalize": {"name": "dataset"},
        "init": {"name": "kaiming"},
    }


def test_a_section_may_be_empty():
    assert recipe("") == {}


def test_a_loss_can_differ_by_output_and_one_loss_is_for_all():
    outputs = ("class", "box")
    table = recipe("loss { class: cross_entropy, box: smooth_l1(weight=2.0) }", outputs)["loss"]
    assert table["class"]["name"] == "cross_entropy"
    assert table["box"] == {"name": "smooth_l1", "weight": 2, "beta": 1}
    one = recipe("loss = squared_error", outputs)["loss"]
    assert one == {name: {"name": "squared_error", "weight": 1} for name in outputs}


def test_values_may_use_the_parameters_of_the_spec():
    assert recipe("batch = 2 * n\nepochs = n / 4", scope={"n": 10}) == {"batch": 20, "epochs": Fraction(5, 2)}


def test_arguments_are_given_by_position_or_by_name():
    assert recipe("optimizer = sgd(0.1, 0.9)") == recipe("optimizer = sgd(momentum=0.9, lr=0.1)")


def test_words_names_and_lists_are_read():
    read = recipe('batch = all\ndecay = weights\nfreeze = ["conv1..conv4", "fc6"]\ntest_flips = true')
    assert read == {"batch": "all", "decay": "weights", "freeze": ("conv1..conv4", "fc6"), "test_flips": True}
    assert recipe('freeze = "conv1"') == {"freeze": ("conv1",)}


def test_a_chain_of_one_may_be_written_as_a_value():
    assert recipe("augment = hflip(0.3)") == recipe("augment { hflip(0.3) }")
    assert recipe("input = pad(32)") == {"input": [{"name": "pad", "size": 32}]}
    assert recipe("input = resize") == {"input": [{"name": "resize", "size": None}]}


def test_lists_of_numbers_and_of_epochs_are_read():
    assert recipe("schedule = multistep([30, 60.5])")["schedule"]["at"] == (30, Fraction(121, 2))
    assert recipe("normalize = given([0.5], std=[1])")["normalize"] == {
        "name": "given",
        "mean": (Fraction(1, 2),),
        "std": (1,),
    }


def test_every_setting_reads_its_own_example():
    for setting in SETTINGS:
        equals = "" if setting.example.startswith("{") else "= "
        assert list(recipe(f"{setting.name} {equals}{setting.example}")) == [setting.name]


def test_every_choice_is_read_with_its_defaults():
    given = {"lr": "0.1", "every": "3", "at": "[1, 2]", "mean": "[0]", "std": "[1]", "size": "8", "limit": "0.1"}
    for setting in SETTINGS:
        for choice in setting.choices:
            needed = [f"{each.name}={_value(each, given)}" for each in choice.arguments if each.required]
            call = f"{choice.name}({', '.join(needed)})" if needed else choice.name
            read = recipe(f"{setting.name} = {call}")[setting.name]
            read = read[0] if setting.chain else read["main"] if setting.by_output else read
            assert list(read) == ["name", *(each.name for each in choice.arguments)]
            for each in choice.arguments:
                assert each.required or read[each.name] == each.default


def _value(argument, given) -> str:
    return given.get(argument.name, "0.1") if "list" in argument.kind.says or argument.name != "std" else "0.1"


def test_every_default_is_a_value_that_its_argument_takes():
    for setting in SETTINGS:
        for choice in setting.choices:
            for each in choice.arguments:
                assert each.required or each.default is None or each.kind.read(each.default) == each.default


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "optimiser = sgd(0.1)",
            """
error[E401]: the recipe has no setting `optimiser`
   |
 3 | optimiser = sgd(0.1)
   | ^^^^^^^^^ did you mean `optimizer`?
""",
        ),
        (
            "lr = 0.1",
            """
error[E401]: the recipe has no setting `lr`
   |
 3 | lr = 0.1
   | ^^ give it to the optimizer: `optimizer = sgd(lr=…)`
""",
        ),
        (
            "optimizer = sgdd(0.1)",
            """
error[E402]: `optimizer` can't be `sgdd`
   |
 3 | optimizer = sgdd(0.1)
   |             ^^^^ did you mean `sgd`?
""",
        ),
        (
            "normalize = zzz",
            """
error[E402]: `normalize` can't be `zzz`
   |
 3 | normalize = zzz
   |             ^^^ it takes `dataset`, `mean`, `imagenet`, `unit`, `none`, `given`
""",
        ),
        (
            "optimizer = 0.1",
            """
error[E402]: `optimizer` takes a word or call
   |
 3 | optimizer = 0.1
   |             ^^^ such as `optimizer = sgd(lr=0.1, momentum=0.9)`
   |
   = note: it takes `sgd`, `momentum`, `adagrad`, `adadelta`, `rmsprop`, `adam`, `adamw`, `muon`
""",
        ),
        (
            "optimizer = sgd",
            """
error[E402]: `sgd` needs `lr`: learning rate
   |
 3 | optimizer = sgd
   |             ^^^ `lr` is missing
""",
        ),
        (
            "optimizer = sgd(0.1, lr=0.2)",
            """
error[E402]: `lr` of `sgd` is given twice
   |
 3 | optimizer = sgd(0.1, lr=0.2)
   |                      ^^^^^^
""",
        ),
        (
            "optimizer = sgd(0.1, momentun=0.9)",
            """
error[E402]: `sgd` has no argument `momentun`
   |
 3 | optimizer = sgd(0.1, momentun=0.9)
   |                      ^^^^^^^^^^^^ did you mean `momentum`?
""",
        ),
        (
            "normalize = unit(x=1)",
            """
error[E402]: `unit` has no argument `x`
   |
 3 | normalize = unit(x=1)
   |                  ^^^ it takes none
""",
        ),
        (
            "normalize = unit(1)",
            """
error[E402]: `unit` takes no arguments
   |
 3 | normalize = unit(1)
   |                  ^
""",
        ),
        (
            "augment { cutout(1, 2) }",
            """
error[E402]: `cutout` takes 1 argument
   |
 3 | augment { cutout(1, 2) }
   |                     ^ it takes `size`
""",
        ),
        (
            "augment { crop(32, 4, zero, 5) }",
            """
error[E402]: `crop` takes 3 arguments
   |
 3 | augment { crop(32, 4, zero, 5) }
   |                             ^ it takes `size`, `pad`, `mode`
""",
        ),
        (
            "optimizer = sgd(lr=0)",
            """
error[E402]: `lr` of `sgd` takes a number over 0, not 0
   |
 3 | optimizer = sgd(lr=0)
   |                    ^ learning rate
""",
        ),
        (
            "epochs = true",
            """
error[E402]: `epochs` takes a number over 0, not `true`
   |
 3 | epochs = true
   |          ^^^^ such as `epochs = 90`
""",
        ),
        (
            "batch { 128 }",
            """
error[E402]: `batch` takes one value, not a chain
   |
 3 | batch { 128 }
   | ^^^^^ such as `batch = 128`
""",
        ),
        (
            "augment { add { | hflip | vflip } }",
            """
error[E402]: `augment` takes a word or call
   |
 3 | augment { add { | hflip | vflip } }
   |           ^^^^^^^^^^^^^^^^^^^^^^^ such as `augment { crop(32, pad=4) - hflip }`
   |
   = note: it takes `crop`, `resizedcrop`, `hflip`, `vflip`, `rotate`, `shift`, `zoom`, `shear`, `elastic`, `colour`, \
`brightness`, `contrast`, `saturation`, `noise`, `cutout`, `mixup`, `cutmix`, `auto`
""",
        ),
        (
            "batch { main: 128 }",
            """
error[E402]: `batch` can't differ by output
   |
 3 | batch { main: 128 }
   | ^^^^^ such as `batch = 128`
""",
        ),
        (
            "loss { mian: cross_entropy }",
            """
error[E403]: `loss` names an output `mian`, which is not there
   |
 3 | loss { mian: cross_entropy }
   |        ^^^^ did you mean `main`?
""",
        ),
        (
            "loss { box: cross_entropy }",
            """
error[E403]: `loss` names an output `box`, which is not there
   |
 3 | loss { box: cross_entropy }
   |        ^^^ the network's outputs are `main`
""",
        ),
    ],
)
def test_an_error_of_the_recipe(text, expected):
    assert fault(text) == expected


def test_an_unknown_setting_that_is_near_nothing_shows_all_settings():
    message = fault("zzz = 1")
    assert message.startswith("\nerror[E401]: the recipe has no setting `zzz`\n")
    assert "= note: it has `loss`, `auxiliary`, `optimizer`, " in message


def test_what_is_set_twice_is_shown_in_both_places():
    read, (finding,) = read_recipe(section("batch = 1\nbatch = 2"), ("main",))
    assert read == {"batch": 1}
    assert (
        render(finding)
        == """error[E109]: `batch` is set twice
  --> net.spec:4:1
   |
 3 | batch = 1
   | ----- first here
 4 | batch = 2
   | ^^^^^"""
    )
    assert (
        fault("loss { main: cross_entropy, main: hinge }")
        == """
error[E109]: `loss` of the output `main` is set twice
   |
 3 | loss { main: cross_entropy, main: hinge }
   |        ----                 ^^^^
   |        |
   |        first here
"""
    )


def test_all_errors_of_a_section_are_found_and_the_rest_is_read():
    read, findings = read_recipe(section("epochs = 0\nbatch = 32\nlr = 1\nclip = widht"), ("main",), {"width": 1})
    assert read == {"batch": 32}
    assert [each.code for each in findings] == ["E402", "E401", "E111"]


@pytest.mark.parametrize(
    ("setting", "takes", "refuses"),
    [
        ("l1", ("0", "0.5", "3"), ("-1", "true", '"x"')),
        ("clip", ("0.5",), ("0", "-1")),
        ("ema", ("0", "0.999"), ("1", "-0.1")),
        ("validation", ("0", "0.2"), ("1", "true")),
        ("batch", ("1", "all"), ("0", "2.5", "none")),
        ("freeze", ('"a"', '["a", "b"]'), ('""', "[]", "[1]", "1")),
        ("precision", ("auto", "float16"), ("int8", "8")),
        (
            "schedule",
            ("multistep([1])",),
            ("multistep([])", "multistep([2, 1])", "multistep([2, 2])", "multistep([0, 1])", "multistep(3)"),
        ),
        ("schedule", ("step(1, 1)", "step(0.5)"), ("step(1, 0)", "step(1, 2)", "step(1, true)")),
        ("normalize", ("given([0, 0.5], [1, 2])",), ("given([true], [1])", "given([], [1])", 'given(["a"], [1])')),
        ("augment", ("hflip(0)", "hflip(1)"), ("hflip(2)", "hflip(-1)")),
    ],
)
def test_a_setting_takes_what_is_in_its_range_and_refuses_the_rest(setting, takes, refuses):
    for value in takes:
        assert setting in recipe(f"{setting} = {value}")
    for value in refuses:
        read, findings = read_recipe(section(f"{setting} = {value}"), ("main",))
        assert not read
        assert len(findings) == 1 and findings[0].code in ("E402", "E111"), value


def test_the_reference_is_the_page():
    page = Path(__file__).parent.parent / "docs" / "recipe.md"
    assert page.read_text(encoding="utf-8") == reference(), "python -m netspec.recipe.reference > docs/recipe.md"


def test_the_reference_is_written_by_its_module(monkeypatch, capsys):
    monkeypatch.delitem(sys.modules, "netspec.recipe.reference")
    runpy.run_module("netspec.recipe.reference", run_name="__main__")
    assert capsys.readouterr().out == reference()


def test_a_signature_shows_what_may_be_left_out():
    choices = {choice.name: choice for setting in SETTINGS for choice in setting.choices}
    assert signature(choices["rmsprop"]) == "rmsprop(lr=0.01, alpha=0.99, eps=1e-8, momentum=0, weight_decay=0)"
    assert signature(choices["onecycle"]) == "onecycle(rise=0.3, start=0.04, final=4e-6, shape=cosine)"
    assert signature(choices["pad"]) == "pad([size])"
    assert signature(choices["imagenet"]) == "imagenet"
