"""Tables → a folder that loads: Parquet, card, manifest."""

from .folder import build_folder

__all__ = ["build_folder"]
