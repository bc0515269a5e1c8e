"""Which versions are served: loaded, checked, swapped for newer ones without losing a request; why others are not."""

import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from export.repository.layout import CONFIG, LABELS, MODEL_NAME, VERSION, RepositoryError, models, read_text, versions
from serve.errors import RequestError
from serve.inference.model_config import ModelConfig, model_config
from serve.inference.version import Version, load_version
from serve.log import Problem

READY, UNAVAILABLE = "READY", "UNAVAILABLE"

SHARED = (CONFIG, LABELS)  # by the versions of a model
State = frozenset[tuple[str, int, int, int, int]]  # names of files, with their sizes, times and inodes


@dataclass
class Model:
    """A model's versions: those that are served, and why others are not.

    Attributes:
        served: by number, ascending.
        newest: the newest of them, which answers where none is named.
        refused: the reason, by number; number 0 stands for the model itself.
        looked_at: state of a version's files when it was loaded or refused; they may still be copied.
        warned: warnings on its configuration, as they were said last.
        unloaded: by an administrator; it stays away until it is loaded again.
    """

    name: str
    served: dict[int, Version] = field(default_factory=dict)
    newest: Version | None = None
    refused: dict[int, str] = field(default_factory=dict)
    looked_at: dict[int, State] = field(default_factory=dict)
    warned: tuple[str, ...] = ()
    unloaded: bool = False

    def serve(self, versions: Mapping[int, Version]) -> None:
        """Serve these from now on."""
        self.served = dict(sorted(versions.items()))
        self.newest = self.served[max(self.served)] if self.served else None

    def forget_all_but(self, numbers: Collection[int]) -> None:
        """Forget what was seen of versions that are there no more; what is served of them stays for now."""
        self.looked_at = {number: state for number, state in self.looked_at.items() if number in numbers}
        self.refused = {number: why for number, why in self.refused.items() if number == 0 or number in numbers}


class Catalogue:
    """The models of a repository.

    Args:
        repository: model repository.
        threads: within one run of a model.
        device: cpu or cuda.
    """

    def __init__(self, repository: Path, *, threads: int = 1, device: str = "cpu") -> None:
        self.repository, self.threads, self.device = repository, threads, device
        self.say: Callable[[str], None] = lambda _: None  # takes what an administrator did
        self.models: dict[str, Model] = {}
        self._loading = threading.Lock()
        self._stopped = False

    def refresh(self) -> list[str]:
        """Look at the repository, load what is new, drop what is gone; return what happened, a sentence each.

        What fails to load stays out, and what was served before stays. May run beside requests, in any thread: what
        is served changes in one step.

        Raises:
            RepositoryError: there is no repository.
        """
        with self._loading:
            events: list[str] = []
            names = models(self.repository)
            if (self.repository / CONFIG).exists():
                raise RepositoryError(f"{self.repository} is a model, not a repository of models: pass its parent")
            for name in names:
                if self._stopped:
                    break
                model = self.models.setdefault(name, Model(name))
                if not model.unloaded:
                    events += self._refresh_model(model)
            for name in set(self.models) - set(names):
                del self.models[name]
                events.append(f"{name} is gone")
            return events

    def stop(self) -> None:
        """Load no more models: the server stops."""
        self._stopped = True

    def _refresh_model(self, model: Model) -> list[str]:
        folder = self.repository / model.name
        try:
            config = model_config(read_text(folder / CONFIG), model.name, folder / CONFIG)
            numbers = versions(folder)
        except FileNotFoundError:
            return self._refuse(model, 0, f"{folder} has no {CONFIG}: it is no model")
        except Exception as error:  # noqa: BLE001 - nothing in one model's folder may keep the others away
            return self._refuse(model, 0, _reason(error))
        model.refused.pop(0, None)
        events: list[str] = list(map(Problem, config.warnings)) if config.warnings != model.warned else []
        model.warned = config.warnings
        model.forget_all_but(numbers)
        served: dict[int, Version] = {}
        for number in reversed(numbers):  # the newest that may be served, an older one where they may not
            if len(served) == config.versions:
                break
            state = _state(folder / str(number))
            undecided = number not in model.served and number not in model.refused  # it was served before a newer one
            if undecided or model.looked_at.get(number) != state:
                model.looked_at[number] = state
                events += self._load(model, number, config, served)
            if number not in served and number in model.served:  # it has changed, into what may not be served
                served[number] = model.served[number]
        if not served and model.served:  # nothing new may be served: the old stays
            served = dict(model.served)
        events += [
            f"{model.name} version {number} is served no more" for number in model.served if number not in served
        ]
        if served != model.served:
            model.serve(served)
        return events

    def _load(self, model: Model, number: int, config: ModelConfig, served: dict[int, Version]) -> list[str]:
        try:
            served[number] = load_version(
                self.repository / model.name, number, config, threads=self.threads, device=self.device
            )
        except Exception as error:  # noqa: BLE001 - as above
            if isinstance(error, OSError):  # of the system's, such as too many open files: it may pass by itself
                model.looked_at.pop(number, None)
            return self._refuse(model, number, _reason(error))
        model.refused.pop(number, None)
        again = "is read again and" if number in model.served else "is"
        return [f"{model.name} version {number} {again} served, batch sizes {served[number].sizes}"]

    @staticmethod
    def _refuse(model: Model, number: int, reason: str) -> list[str]:
        if model.refused.get(number) == reason:
            return []
        model.refused[number] = reason
        stays = number in model.served if number else model.served
        so = "has changed and stays as it was loaded" if stays else "is not served"
        return [Problem(f"{model.name}{f' version {number}' if number else ''} {so}: {reason}")]

    def load(self, name: str) -> None:
        """Load a model again, whatever is served and whatever was refused.

        Raises:
            RequestError: 404, there is no such model; 400, none of its versions can be served, or one that is served
                has changed and stays as it was.
        """
        self._check_name(name)
        with self._loading:
            if name not in models(self.repository):
                raise RequestError(404, f"unknown model {name!r}")
            model = self.models.setdefault(name, Model(name))
            model.unloaded, model.refused, model.looked_at = False, {}, {}
            for event in (f"{name} is loaded by an administrator", *self._refresh_model(model)):
                self.say(event)
            if not model.served or any(number == 0 or number in model.served for number in model.refused):
                raise RequestError(400, f"{name} cannot be loaded: {'; '.join(model.refused.values()) or 'no version'}")

    def unload(self, name: str) -> None:
        """Stop serving a model; requests that it has are answered.

        Raises:
            RequestError: 404, there is no such model.
        """
        self._check_name(name)
        with self._loading:
            if name not in self.models:
                raise RequestError(404, f"unknown model {name!r}")
            self.say(f"{name} is unloaded by an administrator")
            self.models[name].unloaded = True
            self.models[name].serve({})

    def find(self, name: str, number: str | None = None) -> Version:
        """Return the version that answers.

        Raises:
            RequestError: 404, no such model or version; 503, it is there but cannot be served.
        """
        model = self.models.get(name)
        if model is None:
            self._check_name(name)
            raise RequestError(404, f"unknown model {name!r}: known are {', '.join(sorted(self.models)) or 'none'}")
        if number is None:
            version = model.newest
            if version is None:
                raise RequestError(503, f"{name} is not served: {self._reason(model)}")
            return version
        served = model.served  # one look: it is replaced while models are loaded
        if not VERSION.fullmatch(number) or int(number) not in served:
            known = ", ".join(map(str, served)) or "none"
            why = model.refused.get(int(number)) if VERSION.fullmatch(number) else None
            because = f"; it was refused: {why}" if why else ""
            raise RequestError(404, f"{name} has no version {number[:20]!r}: served are {known}{because}")
        return served[int(number)]

    def numbers(self, name: str) -> list[int]:
        """Return the numbers of a model's versions that are served; none where it is gone."""
        model = self.models.get(name)
        return [] if model is None else list(model.served)

    @staticmethod
    def _reason(model: Model) -> str:
        return "it was unloaded" if model.unloaded else "; ".join(model.refused.values()) or "it has no version"

    @staticmethod
    def _check_name(name: str) -> None:
        if not MODEL_NAME.fullmatch(name):  # so that nothing else reaches the file system
            raise RequestError(404, f"unknown model {name[:60]!r}: names have letters, digits, hyphens and underscores")

    def index(self) -> Iterator[dict[str, str]]:
        """Yield the rows of the repository's index."""
        for name, model in sorted(self.models.items()):
            for number in model.served:
                yield {"name": name, "version": str(number), "state": READY, "reason": model.refused.get(number, "")}
            for number, reason in list(model.refused.items()):  # it grows while models are loaded
                if number in model.served:
                    continue
                version = str(number) if number else ""
                yield {"name": name, "version": version, "state": UNAVAILABLE, "reason": reason}
            if model.unloaded:
                yield {"name": name, "version": "", "state": UNAVAILABLE, "reason": "unloaded"}

    def all_served(self) -> list[Version]:
        """Return every version that is served."""
        return [version for model in list(self.models.values()) for version in model.served.values()]


def _state(version: Path) -> State:
    """Return what shows that a version's files, or those that it shares with others, have changed."""
    try:
        files = [(path.name, path.stat()) for path in (*version.iterdir(), *(version.parent / name for name in SHARED))]
    except OSError:  # it is being moved or removed
        return frozenset()
    return frozenset((name, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino) for name, stat in files)


def _reason(error: Exception) -> str:
    """Return an error in one line; those of libraries need their kind with it."""
    text = " ".join(str(error).split())
    return text if isinstance(error, RepositoryError | OSError) else f"{type(error).__name__}: {text}"
