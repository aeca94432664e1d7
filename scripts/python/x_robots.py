"""Asks img2dataset's own function about X-Robots-Tag lines: cases as JSON on standard input, answers on standard output.

What the module imports beside the standard library is replaced by empty stand-ins: the function needs none of it.
"""
import importlib.abc
import importlib.machinery
import json
import sys
from email.message import Message
from unittest.mock import MagicMock


class StandIns(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds what is not installed, last of all finders."""

    def find_spec(self, name, path, target=None):
        root = name.split(".")[0]
        if root == "img2dataset" or root in sys.stdlib_module_names:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        module = MagicMock(name=spec.name)
        module.__path__ = []
        return module

    def exec_module(self, module):
        pass


sys.meta_path.append(StandIns())

from img2dataset.downloader import is_disallowed  # noqa: E402

DEFAULT = ["noai", "noimageai", "noindex", "noimageindex"]
answers = []
for case in json.load(sys.stdin):
    headers = Message()
    for line in case["lines"]:
        headers.add_header("X-Robots-Tag", line)
    answers.append(bool(is_disallowed(headers, case["token"], DEFAULT)))
json.dump(answers, sys.stdout)
