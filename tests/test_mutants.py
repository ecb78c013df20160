"""A mutation fuzz of the shipped specs: whatever is typed, it compiles, or its errors are shown; nothing else.

Mutants are made from a seed, so one that fails fails again: its test's message holds its whole text.
"""

from __future__ import annotations

import random
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from netspec.analysis import analyze
from netspec.diagnostics import SpecError, render_all
from netspec.elaborate import elaborate
from netspec.language.evaluate import FUNCTIONS
from netspec.language.lexer import KEYWORDS
from netspec.language.parse import parse
from netspec.layers import LAYERS
from netspec.library import folder
from netspec.report import interface, plain
from netspec.report.sheet import sheet
from netspec.source import Source
