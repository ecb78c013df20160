"""How time and memory grow with the size of a network: lines, if all is well.

    python benchmarks/growth.py [--most 100000]

For chains, repetitions and blocks of 10², 10³, … layers: seconds to compile and to analyse, and the peak of memory,
each in a process of its own. The last column is what one layer costs in microseconds: constant for a straight line.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys

SHAPES = {
    "a written chain": "8x16x16 - {written}",
    "a repeated layer": "8x16x16 - {n} * relu",
    "a repeated chain": "8x16x16 - {half} * {{ 8C3p - relu }}",
    "a repeated block": "block pair() {{ 8C3p - relu }}\ninput 8x16x16\n{half} * pair",
    "residual blocks": "block unit() {{ add {{ | 8C3p - relu | identity }} }}\ninput 8x16x16\n{third} * unit",
}

MEASURE = """
import json, resource, sys, time
import netspec
from netspec.source import Source
netspec.analyze("block b() { add { | 2C3p - relu | identity } }\\ninput 2x8x8\\n2 * b")  # imports what is needed
spec = Source(sys.stdin.read())
start = time.perf_counter()
graph = netspec.compile(spec)
compiled = time.perf_counter()
analysis = netspec.analyze(graph)
done = time.perf_counter()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(json.dumps([len(graph.nodes) - 1, compiled - start, done - compiled, peak]))
"""


def measure(spec: str) -> tuple[int, float, float, int]:
    """Layers, seconds to compile, seconds to analyse, peak memory in bytes."""
    done = subprocess.run([sys.executable, "-c", MEASURE], input=spec, capture_output=True, text=True, check=True)
    layers, compiled, analysed, peak = json.loads(done.stdout)
    return layers, compiled, analysed, peak


def main() -> None:
    """Print one line a shape and size."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--most", type=int, default=100_000, help="layers of the largest network")
    most = options.parse_args().most
    print(f"{'shape':18} {'layers':>8} {'compile s':>10} {'analyse s':>10} {'peak MiB':>9} {'µs a layer':>11}")
    for name, shape in SHAPES.items():
        n = 100
        while n <= most:
            written = " - ".join(["8C3p", "relu"] * (n // 2))
            spec = shape.format(n=n, half=n // 2, third=n // 3, written=written)
            layers, compiled, analysed, peak = measure(spec)
            each = (compiled + analysed) / layers * 1e6
            print(f"{name:18} {layers:8,} {compiled:10.3f} {analysed:10.3f} {peak / 2**20:9.0f} {each:11.1f}")
            n *= 10


if __name__ == "__main__":
    main()
