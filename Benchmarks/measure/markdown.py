"""Figures as Markdown."""

import statistics


def median(values):
    values = [value for value in values if value is not None]
    return statistics.median(values) if values else None


def show(value, digits=0, unit=""):
    return "–" if value is None else f"{value:,.{digits}f}{unit}"


def times(value):
    return "–" if value is None else f"{value:.2f} ×" if value < 10 else f"{value:.0f} ×"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" + " ---: |" * (len(head) - 1)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"
