"""Whether a network's outputs can be the classes of a set."""

from __future__ import annotations

from netspec.data.fit_report import Sides, misfit
from netspec.shape import Shape, product

OF_CLASSES = ("cross_entropy", "squared_error", "multi_label", "hinge")
"""The losses that compare an output with the class of the image; the others are about something else."""


def check_outputs(sides: Sides, *, explicit: bool, fixed: bool) -> None:
    """That each output that is compared with the class has one number for each.

    With `explicit`, `classes` was set by the user, and there may be more than the data have; with `fixed`, the
    parameters of the network can't be set any more. Raises DataError.
    """
    losses = sides.graph.train.get("loss", {})
    for name, number in sides.graph.outputs.items():
        if losses.get(name, {"name": "cross_entropy"})["name"] in OF_CLASSES:
            _check(sides, name, sides.graph.nodes[number].shape, explicit, fixed)


def _check(sides: Sides, name: str, shape: Shape, explicit: bool, fixed: bool) -> None:
    wanted = len(sides.dataset.classes)
    has = shape.channels
    output = "its output" if name == "main" else f"its output `{name}`"
    if shape.tokens is not None or shape.rows is not None or product(shape.sizes) != 1:
        what = f"{output} is {shape}, and a class needs a vector"
        raise misfit(what, sides, "end it with `GAP`, or with a dense layer")
    if has == wanted or (explicit and isinstance(has, int) and has > wanted):
        return
    what = f"{output} has {has} numbers, and there are {wanted} classes"
    if fixed:
        raise misfit(what, sides, "its parameters were applied when it was compiled: give the spec itself")
    if "classes" in sides.graph.parameters:
        raise misfit(what, sides, f"give its parameter: --set classes={wanted}; or use it in the last layer")
    raise misfit(
        what,
        sides,
        f"make their number a parameter, `param classes = {wanted}`, and use it: `dense(classes)` for `{has}N`",
        "or name data with as many classes",
    )
