"""ONNX: the network at inference, written from the Graph itself, one operator or a few for each torch call of a layer.

Torch is not traced: names of nodes and weights are the spec's, the batch is free, and what the layers declare
(`Layer.torch`) is the one source of the module and of this. Needs the packages of `netspec-compiler[onnx]`, which are
loaded when something is written.
"""

from __future__ import annotations

from netspec.lowering.onnx.network import OPSET, OPSETS, TooLarge, export, model

__all__ = ["OPSET", "OPSETS", "TooLarge", "export", "model"]
