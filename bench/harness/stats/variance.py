"""The variance of an accuracy by its sources, seeds and test images, and how it shrinks with more seeds."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class Sources:
    """The variance of an accuracy, or of a difference of two, by its sources (squared standard errors).

    Attributes:
        seeds: SE_seeds² of each arm, one value or two.
        n: each arm's number of seeds, at least 2.
        crossed: the part of each value of `seeds` that is the interaction of seeds and images, and would fall
            with more images.
        image: SE_images².
        images: the number of test images, at least 2.
    """

    seeds: tuple[float, ...]
    n: tuple[int, ...]
    crossed: tuple[float, ...]
    image: float
    images: int

    @property
    def total(self) -> float:
        """The squared standard error."""
        return sum(self.seeds) + self.image

    def with_seeds(self, n: int) -> "Sources":
        """Return what to expect of n seeds in every arm, on the same images."""
        return replace(
            self,
            seeds=tuple([part * old / n for part, old in zip(self.seeds, self.n, strict=True)]),
            crossed=tuple([part * old / n for part, old in zip(self.crossed, self.n, strict=True)]),
            n=(n,) * len(self.n),
        )
