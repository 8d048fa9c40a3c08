"""Synthetic people for demo, tests and benchmarks: plausible shares, impossible identities (ID prefix 99, phone prefix 154)."""

from taizhang.cli.synthetic.people import Population, generate

__all__ = ["Population", "generate"]
