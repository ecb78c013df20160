"""Seeds derived from one."""

from __future__ import annotations

import torch

from netspec.training.seeds import derived, set_seed


def test_every_part_and_step_has_a_seed_of_its_own() -> None:
    seeds = {derived(seed, part, step) for seed in range(5) for part in ("order", "augment") for step in range(50)}
    assert len(seeds) == 500 and all(0 <= each < 2**63 for each in seeds)


def test_a_seed_is_the_same_on_every_machine() -> None:
    assert derived(0, "order", 0) == 4766407420785225227


def test_what_modules_draw_depends_on_the_seed_as_torch_has_it() -> None:
    set_seed(7, torch.device("cpu"))
    drawn = torch.rand(3)
    torch.manual_seed(7)
    assert torch.equal(torch.rand(3), drawn)
