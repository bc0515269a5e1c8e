"""The variance of an accuracy by its sources, seeds and test images, and how it shrinks with more of either."""

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

    @property
    def df(self) -> float:
        """The effective degrees of freedom (Welch-Satterthwaite) of `total`."""
        total = self.total
        of_seeds = sum([(part / total) ** 2 / (n - 1) for part, n in zip(self.seeds, self.n, strict=True)])
        return 1 / (of_seeds + (self.image / total) ** 2 / (self.images - 1))

    def with_seeds(self, n: int) -> "Sources":
        """Return what to expect of n seeds in every arm, on the same images."""
        return replace(
            self,
            seeds=tuple([part * old / n for part, old in zip(self.seeds, self.n, strict=True)]),
            crossed=tuple([part * old / n for part, old in zip(self.crossed, self.n, strict=True)]),
            n=(n,) * len(self.n),
        )

    def with_images(self, images: int) -> "Sources":
        """Return what to expect of the same seeds on so many images."""
        scale = self.images / images
        seeds = sum(self.seeds)
        crossed = min(sum(self.crossed), seeds)  # estimates: the part can come out above the whole
        shrink = (seeds - crossed + crossed * scale) / seeds
        return replace(
            self,
            seeds=tuple(part * shrink for part in self.seeds),
            crossed=tuple(part * scale for part in self.crossed),
            image=self.image * scale,
            images=images,
        )
