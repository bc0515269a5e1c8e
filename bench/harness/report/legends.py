"""Reading the tables: the meaning of each column, interval and verdict."""

from bench.harness.stats.looks import LOOKS
from bench.harness.stats.verdict import LEAST_TIED

INTERVALS = (
    "± and [ ] give 95 % intervals: over turns for speeds and times, of the mean over seeds for memory; over seeds and "
    "test images together for accuracies and differences, because another draw of either would have given another "
    "number. Each is for one comparison, not corrected for how many a study has: it may leave out 0 where the "
    "corrected p is above 0.05."
)
VERDICTS = (
    f"Verdicts are given when both arms have {', '.join(map(str, LOOKS))} seeds; look is the one that gave it, "
    "or the last. Better or worse means p < 0.05, and tied that two one-sided tests put the difference inside the "
    "study's margin, both after correction for all looks and for the study's comparisons; open, that these trials "
    "cannot tell, which is not the same as no difference: not excluded is how large it may still be, either way, as "
    f"surely as a verdict. Nothing is called tied below {LEAST_TIED} seeds, and what fails more rarely than the seeds "
    "can show is not in it: failed counts trials that diverged or answer no better than guessing, with the exact "
    "95 % interval of their share."
)
LIMITS = (
    "The intervals take seeds' accuracies as normal and test images as unlike each other: of seeds with a few very bad "
    "ones, or images in groups that resemble each other, they hold the truth less often than said (docs/trust.md)."
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
HOW_TO_READ = (INTERVALS, VERDICTS, LIMITS)


def target(error: float) -> str:
    """Return `to 5 % training error`."""
    return f"to {100 * error:.3g} % training error"
