"""`report.html`: one file without a network, that says of a run what was done, how it went and how good it got.

It is made of what the run's folder holds, and of nothing else, so it can be made again. Every text is escaped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from netspec.analysis import analyze
from netspec.draw.chart_svg import svg
from netspec.draw.curves import panels
from netspec.graph import Graph
from netspec.records import frozen
from netspec.report.html import fragment
from netspec.report.sheet import sheet
from netspec.training.evidence.classes import classes_section
from netspec.training.evidence.images import calibration_section, wrong_section
from netspec.training.evidence.status import Status
from netspec.training.evidence.style import STYLE
from netspec.training.evidence.verdict import verdict
from netspec.training.evidence.words import duration, settings

OPEN = 40
"""A network's table of up to so many lines is open at once."""


@frozen
class Evidence:
    """All that a report shows.

    `record` is recipe.json, `rows` are the lines of metrics.jsonl, `found` is validation.json and `test` test.json,
    None where there is none.
    """

    name: str
    graph: Graph
    record: Mapping[str, Any]
    rows: Sequence[Mapping[str, Any]]
    status: Status
    found: Mapping[str, Any] | None
    test: Mapping[str, Any] | None


def page(made: Evidence) -> str:
    """The document; ends with a newline. Raises ValueError if no epoch was finished."""
    title = f"{made.record['spec']} on {made.record['data']['words']}"
    body = "\n".join(part for part in _parts(made, title) if part).replace(" %", "\u00a0%")
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>
{STYLE}
</style>
</head>
<body>
{body}
</body>
</html>
"""


def _parts(made: Evidence, title: str) -> Iterator[str]:
    yield f"<header><h1>{escape(title)}</h1>{_state(made)}</header>"
    yield _tiles(made)
    yield _verdict(made)
    yield _curves(made)
    if made.found is not None:
        names = made.record["data"]["classes"]
        yield classes_section(names, made.found["validation"])
        yield wrong_section(names, made.found["wrong"], made.found["validation"])
        yield calibration_section(made.found["calibration"])
    yield _network(made.graph)
    yield _recipe(made.record)
    yield _epochs(made.rows)
    yield f"<footer>{escape(made.name)} · netspec {escape(made.record['versions']['netspec'])}</footer>"


def _state(made: Evidence) -> str:
    status = made.status
    why = f": {status.why}" if status.why else ""
    steps = f"{status.step:,} of {status.steps:,} steps"
    ended = {"done": "Done", "stopped": "Stopped", "failed": "Failed"}.get(status.state, "Under way")
    begun = made.record["begun"][:10]
    said = f"{ended}{why}; {steps}; begun {begun}; on {made.record['device']}"
    return f'<p class="quiet">{escape(said)}</p>'


def _tiles(made: Evidence) -> str:
    best = next((row for row in reversed(made.rows) if row["best"]), made.rows[-1])
    tiles: list[tuple[str, str]] = []
    if made.test is not None:
        tiles.append((_percent(made.test["top1"]), f"of {made.test['images']:,} test images right"))
    if best["validation_top1"] is not None:
        tiles.append((_percent(best["validation_top1"]), "of validation images right"))
        if best["validation_top5"] is not None:
            tiles.append((_percent(best["validation_top5"]), "among the five likeliest"))
        tiles.append((f"{best['validation_loss']:.4f}", "validation loss"))
        tiles.append((f"{best['epoch']} of {len(made.rows)}", "best epoch"))
    tiles.append((f"{made.status.parameters:,}", "parameters"))
    tiles.append((duration(sum(row["seconds"] for row in made.rows)), "of training"))
    tiles.append((f"{_usual_speed(made.rows):,.0f}", "images a second"))
    shown = "".join(f"<div><b>{escape(figure)}</b><span>{escape(what)}</span></div>" for figure, what in tiles)
    return f'<section class="tiles">{shown}</section>'


def _usual_speed(rows: Sequence[Mapping[str, Any]]) -> float:
    speeds = sorted(row["images_per_second"] for row in rows)
    return float(speeds[len(speeds) // 2])


def _verdict(made: Evidence) -> str:
    found = made.found or {}
    said = verdict(found.get("train"), found.get("validation"), made.rows)
    lines = [*said.sentences, *([said.tries] if said.tries else [])]
    text = "".join(f"<p>{escape(line)}</p>" for line in lines)
    return f'<section class="verdict {said.kind}"><h2>{escape(said.title)}</h2>{text}</section>'


def _curves(made: Evidence) -> str:
    loss, accuracy = panels(made.rows)
    note = (
        "The training figures are means over an epoch, counted while it was trained: on changed images where the "
        "recipe augments, with units left out where it drops some."
    )
    return (
        '<section><h2>Curves</h2><div class="charts">'
        f'{svg(loss, "Loss")}{svg(accuracy, "Accuracy")}</div><p class="quiet">{note}</p></section>'
    )


def _network(graph: Graph) -> str:
    table = sheet(analyze(graph))
    is_open = " open" if len(table.lines) <= OPEN else ""
    return (
        f"<section><h2>Network</h2><details{is_open}><summary>{len(table.lines)} lines</summary>"
        f'<div class="wide">{fragment(table)}</div></details></section>'
    )


def _recipe(record: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {each}" for name, each in record["versions"].items())
    facts = [
        ("fitted", record["fitted"]["line"]),
        *settings(record["settings"]),
        ("device", f"{record['device']}, {record['threads']} thread{'s' * (record['threads'] != 1)}"),
        ("versions", versions),
        ("command", " ".join(record["command"])),
        ("data", f"{record['data']['words']}, sha256 {record['data']['digest']}"),
    ]
    lines = "".join(f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in facts)
    return f'<section><h2>Recipe</h2><table class="list">{lines}</table></section>'


def _epochs(rows: Sequence[Mapping[str, Any]]) -> str:
    names = ["epoch", "step", "rate", "train loss", "train top-1", "val loss", "val top-1", "seconds"]
    best = next((row["epoch"] for row in reversed(rows) if row["best"]), None)
    lines = [
        f"<tr{' class=best' if row['epoch'] == best else ''}>"
        + "".join(
            f"<td>{escape(cell)}</td>"
            for cell in (
                f"{row['epoch']:,}",
                f"{row['step']:,}",
                f"{row['rate']:.3g}",
                f"{row['train_loss']:.4f}",
                _percent(row["train_top1"]),
                "–" if row["validation_loss"] is None else f"{row['validation_loss']:.4f}",
                _percent(row["validation_top1"]),
                f"{row['seconds']:.1f}",
            )
        )
        + "</tr>"
        for row in rows
    ]
    head = "".join(f"<th>{name}</th>" for name in names)
    return (
        f"<section><h2>Epochs</h2><details{' open' if len(rows) <= OPEN // 2 else ''}><summary>{len(rows)} epochs"
        f'</summary><div class="wide"><table class="numbers"><thead><tr>{head}</tr></thead><tbody>'
        f"{''.join(lines)}</tbody></table></div></details></section>"
    )


def _percent(part: float | None) -> str:
    return "–" if part is None else f"{100 * part:.2f} %"
