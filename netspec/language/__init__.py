"""Text to Tree and back: the grammar, the words that papers use, expressions, the canonical form."""
