"""The words that a study is written in, learning rates chosen for it, S0 to S4. A study imports from here alone."""

from bench.harness.study import recipes
from bench.harness.study.recipe import Recipe
from bench.harness.study.study import Arm, Comparison, Protocol, Published, RunTrial, Study
from bench.harness.study.vary import change, vary

__all__ = ["Arm", "Comparison", "Protocol", "Published", "Recipe", "RunTrial", "Study", "change", "recipes", "vary"]
