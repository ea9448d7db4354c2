"""Weights that are drawn anew, so that no test hangs on how a new model starts."""

from torch import nn


def draw_weights(model: nn.Module, std: float) -> nn.Module:
    """The model, each weight that is learned drawn from a normal distribution of this width."""
    for parameter in model.parameters():
        if parameter.requires_grad:
            nn.init.normal_(parameter, std=std)
    return model
