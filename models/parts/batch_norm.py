"""BatchNorm in channels_last, equal to torch's to rounding and faster where the channels fill no cache line.

In channels_last torch's threads each sum into a row of one buffer, (threads, channels): where a row is no whole number
of cache lines, two threads write to the same line and wait for each other, and on any number of threads the end of each
row is summed number by number. Here some rows are read as one, as many as fill cache lines: (rows, channels) becomes
(rows / r, r channels) without a copy, torch's own kernel sums that, and the r sums of a channel are put together
exactly: groups of equal size have the mean of their means, and the mean of their variances plus the variance of their
means (T. Chan, G. Golub and R. LeVeque, Algorithms for computing the sample variance, 1983).
"""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

CACHE_LINE = 16  # numbers in float32
FEWEST_ROWS = 5000  # fewer gain less than the twenty small operations on the sums cost, about 0.25 ms


class BatchNorm2d(nn.BatchNorm2d):
    """Batch normalisation (Ioffe and Szegedy, 2015), `torch.nn.BatchNorm2d` to rounding.

    Parameters, buffers, options and their names are torch's. The layer's own way is taken in training on a CPU, on
    feature maps (batch, channels, height, width) in channels_last that have parameters of the same type.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - torch's name
        """Normalise feature maps (batch, channels, height, width) by their batch, in evaluation by running values."""
        if not self._is_folded(input):
            return super().forward(input)
        output, mean, variance = _Normalise.apply(input, self.weight, self.bias, self.eps)
        self._follow(mean, variance, rows_of(input))
        return output  # type: ignore[no-any-return]  # torch leaves apply untyped

    def _is_folded(self, x: Tensor) -> bool:
        if not self.training or torch.compiler.is_compiling() or torch.func.debug_unwrap(x) is not x:
            return False  # a compiler makes its own kernel; vmap has rules for torch's alone
        plain = self.affine and self.track_running_stats and self.momentum is not None
        fits = x.device.type == "cpu" and x.dim() == 4 and x.dtype == self.weight.dtype  # noqa: PLR2004 - a batch of maps
        return plain and fits and x.is_contiguous(memory_format=torch.channels_last) and folded_rows(x) > 1

    @torch.no_grad()
    def _follow(self, mean: Tensor, variance: Tensor, rows: int) -> None:
        """Move the running values towards this batch's; the running variance is that of a sample."""
        share = self.momentum or 0.0
        for running, value in ((self.running_mean, mean), (self.running_var, variance * (rows / (rows - 1)))):
            if running is not None:
                running.lerp_(value, share)
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)


def rows_of(x: Tensor) -> int:
    """Return the numbers that each channel has in feature maps (batch, channels, height, width)."""
    return x.numel() // x.shape[1]


def folded_rows(x: Tensor) -> int:
    """Return how many rows of channels_last are read as one; 1 where torch's own way is as fast."""
    rows, together = rows_of(x), CACHE_LINE // math.gcd(x.shape[1], CACHE_LINE)
    return together if rows >= FEWEST_ROWS and rows % together == 0 else 1


def _folded(x: Tensor) -> Tensor:
    """Return channels_last maps as (rows / r, r channels), the same memory."""
    together = folded_rows(x)
    return x.permute(0, 2, 3, 1).view(rows_of(x) // together, together * x.shape[1])


def _unfolded(flat: Tensor, like: Tensor) -> Tensor:
    batch, channels, height, width = like.shape
    return flat.view(batch, height, width, channels).permute(0, 3, 1, 2)


def _repeated(*values: Tensor, times: int) -> Tensor:
    """Return vectors (channels,) as rows of (count, times channels)."""
    stacked = torch.stack(values).unsqueeze(1)
    return stacked.expand(-1, times, -1).reshape(len(values), -1).contiguous()  # a single channel would be a view


class _Normalise(torch.autograd.Function):
    """y = weight (x - mean) / deviation + bias over the rows, with its gradient; mean and variance are outputs too."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> tuple[Tensor, Tensor, Tensor]:  # noqa: ANN401 - torch does not type ctx
        flat, together = _folded(x), folded_rows(x)
        means, variances = torch.batch_norm_update_stats(flat, None, None, 0.0)
        between, mean = torch.var_mean(means.view(together, -1), dim=0, correction=0)
        variance = variances.view(together, -1).mean(dim=0).add_(between)
        weights, biases, means, variances = _repeated(weight, bias, mean, variance, times=together)
        output = F.batch_norm(flat, means, variances, weights, biases, training=False, eps=eps)
        ctx.save_for_backward(x, weight, mean, variance)
        ctx.eps = eps
        ctx.mark_non_differentiable(mean, variance)
        ctx.set_materialize_grads(False)  # else zeros are made for outputs that have no gradient
        return _unfolded(output, x), mean, variance

    @staticmethod
    def backward(ctx: Any, gradient: Tensor | None, *_: None) -> tuple[Tensor | None, ...]:  # noqa: ANN401 - as above
        if gradient is None:
            return None, None, None, None
        x, weight, mean, variance = ctx.saved_tensors
        inverse = (variance + ctx.eps).rsqrt()
        if torch.is_grad_enabled():  # a second derivative is wanted: torch has it
            given = (gradient, x, weight, None, None, mean, inverse, True, ctx.eps, [True, True, True])
            return *torch.ops.aten.native_batch_norm_backward(*given), None
        gradient = gradient.contiguous(memory_format=torch.channels_last)
        product, total = _sums(gradient, x, mean)  # of gradient (x - mean), of gradient
        # dx = slope (gradient - total / rows - (x - mean) product / (rows variance)), by powers of x
        slope, of_weight = weight * inverse, product * inverse
        of_x = slope * inverse * of_weight / -rows_of(x)
        constant = slope * total / -rows_of(x) - of_x * mean
        slopes, of_xs, constants = _repeated(slope, of_x, constant, times=folded_rows(x))
        of_input = torch.addcmul(constants, _folded(x), of_xs).addcmul_(_folded(gradient), slopes)
        return _unfolded(of_input, x), of_weight, total, None


def _sums(gradient: Tensor, x: Tensor, mean: Tensor) -> tuple[Tensor, Tensor]:
    """Return the sums over the rows of gradient (x - mean) and of the gradient, each (channels,)."""
    together = folded_rows(x)
    (means,) = _repeated(mean, times=together)
    given = (_folded(gradient), _folded(x), None, None, None, means, torch.ones_like(means), True, 0.0)
    _, product, total = torch.ops.aten.native_batch_norm_backward(*given, [False, True, True])
    return product.view(together, -1).sum(dim=0), total.view(together, -1).sum(dim=0)
