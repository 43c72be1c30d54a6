"""From a question to results: candidates, ranking, reading, verdict, notes, follow-ups."""
