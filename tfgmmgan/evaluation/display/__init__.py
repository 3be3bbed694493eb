"""What sections are shown with: names, lines of text, parts of HTML, charts."""
