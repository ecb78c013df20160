"""A module followed while it runs, and what it does measured: what `netspec.lowering.verify` compares."""
