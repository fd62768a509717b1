"""What the package is called on the wire, and what hatchling reads."""

__version__ = "0.1.0"
