"""Facts to text: terminal, JSON, CSV, Markdown, HTML, LaTeX."""
