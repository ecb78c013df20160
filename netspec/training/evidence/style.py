"""The style of the report: light and dark as the reader's system is, from a phone to a wide window, and in print."""

from __future__ import annotations

STYLE = """
:root {
  color-scheme: light dark;
  --page: #fff; --card: #f6f8fa; --text: #1f2328; --quiet: #59636e; --line: #d8dee4;
  --good: #1a7f37; --warm: #c2570c; --blue: #2a62d9;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0d1117; --card: #161b22; --text: #e6edf3; --quiet: #9198a1; --line: #30363d;
    --good: #3fb950; --warm: #ff9d5c; --blue: #6ea8fe;
  }
}
* { box-sizing: border-box }
body {
  margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 66rem; background: var(--page); color: var(--text);
  font: 16px/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
}
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 }
h2 { font-size: 1.2rem; margin: 2.6rem 0 .6rem }
p { margin: .5rem 0; max-width: 46rem }
.quiet { color: var(--quiet) }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.6rem, 1fr)); gap: .6rem; margin: 1.2rem 0 }
.tiles div { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .55rem .8rem }
.tiles b { display: block; font-size: 1.3rem; line-height: 1.3 }
.tiles span { color: var(--quiet); font-size: .85rem }
.verdict {
  border-left: 4px solid var(--quiet); background: var(--card); border-radius: 0 8px 8px 0; padding: .8rem 1.1rem;
}
.verdict h2 { margin: 0 }
.verdict.fits { border-color: var(--good) }
.verdict.overfits, .verdict.underfits, .verdict.not { border-color: var(--warm) }
.charts { display: flex; flex-wrap: wrap; gap: .5rem }
.charts svg { flex: 1 1 20rem; min-width: 0; max-width: 32rem; width: 100%; height: auto }
.wide { overflow-x: auto; -webkit-overflow-scrolling: touch }
table { border-collapse: collapse; font-size: .9rem }
th { font-weight: 600; text-align: left }
.confusion td, .confusion th { padding: .28rem .45rem; text-align: right; white-space: nowrap }
.confusion td { border: 1px solid var(--page); min-width: 2.3rem }
.confusion .right { font-weight: 600 }
.confusion thead th { color: var(--quiet); vertical-align: bottom }
.confusion .long { writing-mode: vertical-rl; transform: rotate(180deg); text-align: left }
.bars td { padding: .16rem .7rem .16rem 0; white-space: nowrap }
.bars .bar { width: 60%; min-width: 6rem }
.bar i { display: block; height: .7rem; border-radius: 2px; background: var(--blue) }
.split { display: flex; flex-wrap: wrap; gap: 1rem 2.5rem; align-items: flex-start }
.split > * { flex: 1 1 20rem; min-width: 0 }
.split > svg { flex: 0 1 18rem }
.images { display: grid; grid-template-columns: repeat(auto-fill, minmax(6rem, 1fr)); gap: .8rem }
figure { margin: 0 }
figure img {
  width: 100%; aspect-ratio: 1; object-fit: contain; background: var(--card); border: 1px solid var(--line);
  border-radius: 6px; image-rendering: pixelated; display: block;
}
figcaption { font-size: .82rem; line-height: 1.4; margin-top: .25rem }
figcaption .said { color: var(--warm); font-weight: 600 }
.list td, .list th { padding: .22rem 1.2rem .22rem 0; vertical-align: top; border-bottom: 1px solid var(--line) }
.list th { color: var(--quiet); font-weight: 400; white-space: nowrap }
.numbers td, .numbers th { padding: .22rem .9rem .22rem 0; text-align: right; white-space: nowrap }
.numbers thead th { color: var(--quiet); border-bottom: 1px solid var(--line); font-weight: 400 }
.numbers .best td { font-weight: 600; color: var(--warm) }
details { margin: .6rem 0 }
summary { cursor: pointer; color: var(--blue) }
code { font-family: ui-monospace, 'SF Mono', Menlo, Consolas, monospace; font-size: .9em }
footer {
  margin-top: 3rem; border-top: 1px solid var(--line); padding-top: .8rem; font-size: .85rem; color: var(--quiet);
}
@media (max-width: 30rem) {
  .confusion td, .confusion th { padding: .2rem .15rem }
  .confusion td { min-width: 1.75rem }
}
@media print { body { max-width: none } details { display: none } section { break-inside: avoid } }
""".strip()
