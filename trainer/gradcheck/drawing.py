"""Where a network is checked: its parameters, its inputs, its dropout."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from trainer.arrays import Array
from trainer.gradcheck.surface import Batch
from trainer.network import Network

SPREAD = 0.5  # biases, γ and β are moved about this far from the values at which they have no effect
REACH = 6.0  # the largest output of every stretched layer: no activation differs from its limits by 1% there


def randomise(network: Network, rng: np.random.Generator, weight_scale: float) -> None:
    """Parameters as before training, but with nothing at a special value such as 0."""
    network.initialise(rng)
    for tensor in network.tensors.values():
        if tensor.penalised:
            tensor.value[...] *= weight_scale
        else:
            tensor.value[...] += SPREAD * rng.standard_normal(tensor.value.shape)


def stretch(network: Network, x: Array) -> None:
    """Scale each layer's tensors so that its largest output is `REACH`, whatever the depth.

    So every activation is driven through its range, and no signal fades away on the way to the first layer.
    The scores reach beyond the δ of Huber's loss. Dropout must have been drawn for these rows.
    """
    x = x.copy()
    for name, layer in zip(network.names, network.layers, strict=True):
        x = layer.forward(x, train=True)
        tensors = [network.tensors[f"{name}.{key}"].value for key in layer.tensors()]
        peak = float(np.abs(x).max())
        if tensors and 0 < peak < np.inf:
            reach = REACH * max(1.0, network.loss.settings.delta) if layer is network.layers[-1] else REACH
            for tensor in tensors:
                np.multiply(tensor, reach / peak, out=tensor)
            x *= reach / peak  # dense and batch norm are linear in their tensors


def states(
    network: Network, batch: Batch, rng: np.random.Generator, *, every: bool
) -> Iterator[tuple[str, Batch, int | None]]:
    """Real rows, and random inputs in [0, 1] with random targets, each with dropout off and on, and then a seed for its masks.

    Two states show each of these once, in an order and pairing that the generator decides; `every`: all four.
    """
    random = replace(batch, x=rng.random(batch.x.shape), targets=network.loss.random_targets(rng, len(batch.x)))
    kinds = [("rows", batch), ("random", random)]
    if rng.integers(2):
        kinds.reverse()
    dropped = bool(rng.integers(2))
    pairs = [(*kinds[0], dropped), (*kinds[1], not dropped), (*kinds[0], not dropped), (*kinds[1], dropped)]
    has_masks = bool(network.random)
    for name, inputs, on in pairs if every and has_masks else pairs[:2]:
        masks = int(rng.integers(2**63)) if has_masks and on else None
        yield f"{name} + dropout" if masks is not None else name, inputs, masks
