"""For programs written for img2dataset: `import laion_fetch.img2dataset as img2dataset`."""

from ._download import download

__all__ = ["download"]
