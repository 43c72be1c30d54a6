"""Text itself, whatever it is for: folding, terms, languages, web addresses."""
