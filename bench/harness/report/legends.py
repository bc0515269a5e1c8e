"""Reading the tables: the meaning of each column, interval and verdict."""

from bench.harness.stats.verdict import LEAST_SEEDS

INTERVALS = (
    "± and [ ] give 95 % intervals: over turns for speeds and times, of the mean over seeds for memory; over seeds and "
    "test images together for accuracies and differences, because another draw of either would have given another "
    "number. Each is for one comparison, not corrected for how many a study has: it may leave out 0 where the "
    "corrected p is above 0.05."
)
VERDICTS = (
    "Better or worse means p < 0.05 after Holm's correction over the study's comparisons; tied, that the difference's "
    "interval lies inside the study's margin; underpowered, that these trials cannot tell, which is not the same as "
    f"no difference; below {LEAST_SEEDS} seeds there is no verdict."
)
REACH = (
    "Detects is the true difference that these seeds and images would find with 80 % power; needed is, where a verdict "
    "is underpowered, about how many seeds an arm, or else test images, would bring it down to the margin (two digits, "
    "rounded up; – where nothing is needed or no number of it alone is enough at the spread seen)."
)
COSTS = (
    "Speeds are medians over turns that all arms took in one process, each on its fastest number of threads; speed is "
    "the ratio to the baseline in the same turns; a turn is disturbed where other programs took the processor. MFLOPs "
    "are a forward pass, a multiply and an add counted as two, without normalisation, activation and pooling; batch 1 "
    "and batch 256 are times of inference (eval mode); memory is the most that a trial added: the rise of the "
    "process's resident memory on a CPU, what torch allocated on CUDA."
)
TARGETS = (
    "Time to a target error is the median over seeds, with the fastest and the slowest seed; where half of the seeds "
    "or more never reached the target, the median is only known to be above (>) the figure given."
)
HOW_TO_READ = (INTERVALS, VERDICTS, REACH)


def target(error: float) -> str:
    """Return `to 5 % training error`."""
    return f"to {100 * error:.3g} % training error"
