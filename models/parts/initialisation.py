"""Ways to draw a net's first weights."""

from collections.abc import Callable, Mapping
from functools import partial

from torch import Tensor, nn

OWN = "own"  # what the architecture has drawn stays
_DRAWN: Mapping[str, Callable[[Tensor], Tensor]] = {
    "xavier": nn.init.xavier_uniform_,  # by both fans (Glorot and Bengio, 2010)
    "kaiming": partial(nn.init.kaiming_normal_, nonlinearity="relu"),  # by the fan-in of ReLU (He et al., 2015)
    "gaussian": partial(nn.init.normal_, std=0.01),  # whatever the layer (Krizhevsky et al., 2012, section 5)
}


def initialise(model: nn.Module, kind: str) -> None:
    """Draw the weights of every convolution and fully connected layer anew; biases become 0.

    Args:
        model: the net.
        kind: "own", which leaves all as it is, "xavier", "kaiming" or "gaussian".

    Raises:
        KeyError: another kind.
    """
    if kind == OWN:
        return
    draw = _DRAWN[kind]
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            draw(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
