"""Registry of architectures: registered by name, described, and built by name with options."""

import difflib
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from torch import nn

from models.parts.options import BadOptionError, ModelError, OptionValue, checked

Builder = TypeVar("Builder", bound=Callable[..., nn.Module])

REQUIRED_OPTIONS = ("channels", "classes", "image_size")


class UnknownArchitectureError(ModelError):
    """No architecture has this name; raised by `describe` and everything that uses it."""


class UnknownOptionError(ModelError):
    """The architecture has no option of this name; raised by `resolve` and `create`."""


@dataclass(frozen=True)
class Architecture:
    """A registered architecture.

    Attributes:
        name: the name it is created by.
        constructor: the class or function that was registered.
        build: constructor, with this architecture's defaults; it does not check its options.
        options: every option with its default, in the constructor's order.
        summary: first line of the docstring.
        source: the paper or article it comes from.
        annotations: the type of every option, which says what values it takes.
    """

    name: str
    constructor: Callable[..., nn.Module]
    build: Callable[..., nn.Module]
    options: Mapping[str, OptionValue]
    summary: str
    source: str
    annotations: Mapping[str, object]

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """(channels, height, width) of an image under the default options."""
        channels, side = int(str(self.options["channels"])), int(str(self.options["image_size"]))
        return channels, side, side


class Registry:
    """Architectures by name.

    Args:
        folder: package whose modules register themselves; imported on the first lookup, so that
            adding an architecture is adding a file. None: only what is registered by hand.
    """

    def __init__(self, folder: str | None = None) -> None:
        self._folder = folder
        self._known: dict[str, Architecture] = {}
        self._owners: dict[str, str] = {}

    def register(self, name: str, *, source: str, **defaults: OptionValue) -> Callable[[Builder], Builder]:
        """Return a decorator that registers a module class, or a function that builds a module.

        The same class may carry several names with different defaults.

        Args:
            name: lower-case name, unique in the registry.
            source: the paper or article that the architecture comes from.
            **defaults: replace the constructor's own defaults under this name.

        Raises:
            ValueError: the name is taken, or the constructor is not of the agreed form.
        """

        def decorator(build: Builder) -> Builder:
            owner = f"{build.__module__}.{build.__qualname__}"
            if name in self._owners:
                raise ValueError(
                    f"architecture {name!r} is registered twice: by {self._owners[name]} "
                    f"and by {owner}; give one of them another name"
                )
            self._known[name] = _architecture(name, build, source, defaults)
            self._owners[name] = owner
            return build

        return decorator

    def names(self) -> tuple[str, ...]:
        """Every registered name, sorted."""
        self._import_folder()
        return tuple(sorted(self._known))

    def describe(self, name: str) -> Architecture:
        """Return the architecture of that name.

        Raises:
            UnknownArchitectureError: no such name; the message lists the known ones.
        """
        known = self.names()
        if name not in self._known:
            raise UnknownArchitectureError(f"unknown architecture {name!r}: {_near(name, known)}")
        return self._known[name]

    def resolve(self, name: str, options: Mapping[str, object]) -> dict[str, OptionValue]:
        """Return every option of the architecture: the given ones checked, the others by default.

        What it returns is what a record should hold: it builds the same net when defaults change.

        Raises:
            UnknownArchitectureError: no such architecture.
            UnknownOptionError: the architecture has no such option.
            BadOptionError: a value that the option does not take.
        """
        architecture = self.describe(name)
        for option in options:
            if option not in architecture.options:
                near = _near(option, architecture.options)
                raise UnknownOptionError(f"unknown option {option!r} of architecture {name!r}: {near}")
        merged = {**architecture.options, **options}
        try:
            return {key: checked(key, merged[key], architecture.annotations[key]) for key in merged}
        except BadOptionError as error:
            raise BadOptionError(f"architecture {name!r}: {error}") from None

    def create(self, name: str, **options: object) -> nn.Module:
        """Build the architecture in training mode, with freshly initialised weights.

        It takes images (batch, channels, image_size, image_size) and returns logits
        (batch, classes).

        Raises:
            UnknownArchitectureError: no such architecture.
            UnknownOptionError: the architecture has no such option.
            BadOptionError: a value that the option does not take, or too small an image.
        """
        resolved = self.resolve(name, options)
        try:
            return self._known[name].build(**resolved)
        except BadOptionError as error:
            raise BadOptionError(f"architecture {name!r}: {error}") from None

    def _import_folder(self) -> None:
        if self._folder is None:
            return
        paths = importlib.import_module(self._folder).__path__
        for module in pkgutil.iter_modules(paths):
            importlib.import_module(f"{self._folder}.{module.name}")
        self._folder = None


def _architecture(
    name: str, build: Callable[..., nn.Module], source: str, defaults: Mapping[str, OptionValue]
) -> Architecture:
    parameters = inspect.signature(build, eval_str=True).parameters
    _check_constructor(name, parameters, defaults)
    own = {key: parameter.default for key, parameter in parameters.items()}
    return Architecture(
        name=name,
        constructor=build,
        build=partial(build, **defaults),
        options={**own, **defaults},
        summary=(inspect.getdoc(build) or "").partition("\n")[0],
        source=source,
        annotations={key: parameter.annotation for key, parameter in parameters.items()},
    )


def _check_constructor(
    name: str, parameters: Mapping[str, inspect.Parameter], defaults: Mapping[str, OptionValue]
) -> None:
    """Refuse a constructor whose options could not be listed, recorded or filled in."""
    for key in (*REQUIRED_OPTIONS, *defaults):
        if key not in parameters:
            raise ValueError(f"architecture {name!r}: its constructor takes no option {key!r}")
    for key, parameter in parameters.items():
        if parameter.kind is not parameter.KEYWORD_ONLY or parameter.default is parameter.empty:
            raise ValueError(f"architecture {name!r}: {key!r} must be a keyword-only option with a default")


def _near(name: str, known: Iterable[str]) -> str:
    """The known name nearest to a misspelt one, and all of them."""
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"{hint}known: {', '.join(sorted(known))}"


# The one shared registry: what a file in this folder registers is known to every command.
_architectures = Registry(folder=__package__)
register = _architectures.register
names = _architectures.names
describe = _architectures.describe
resolve = _architectures.resolve
create = _architectures.create
