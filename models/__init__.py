"""Architectures by name: one paper family a file, found by the registry."""

from models.checkpoint import CheckpointError as CheckpointError
from models.checkpoint import load as load
from models.checkpoint import read_card as read_card
from models.checkpoint import save as save
from models.parts.options import BadOptionError as BadOptionError
from models.registry import Architecture as Architecture
from models.registry import UnknownArchitectureError as UnknownArchitectureError
from models.registry import UnknownOptionError as UnknownOptionError
from models.registry import create as create
from models.registry import describe as describe
from models.registry import names as names
from models.registry import register as register
from models.registry import resolve as resolve
