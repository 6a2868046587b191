"""The one error that stops the runner."""


class Problem(Exception):
    """Something without which the suite cannot be run or judged; one line for a person."""
