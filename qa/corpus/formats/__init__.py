"""One reader a format, and what several of them share."""
