"""The private package: how to greet people."""

__version__ = "2.1.0"


def greet(name):
    return f"Ahoy, {name}!"
