"""ResNet-50 trained on ImageNet; the features are the vector before its classes (paper, section 4.1, images)."""

from functools import partial
from pathlib import Path

from mmsr_lite.data.encoders.network import Opened, device, encode_pictures, opening

INSTALL = "pip install torchvision, from where torch came from"
EXAMPLE = "resnet50:FILE.pth, or resnet50:IMAGENET1K_V1 to fetch torchvision's (98 MB)"


def pictures(model: str) -> Opened:
    """Load the network.

    Pictures are cut as torchvision does for IMAGENET1K_V1: the shorter side becomes 256 pixels, and the middle 224 x
    224 are taken.

    Args:
        model: a file with a state dict, or a name of torchvision.

    Returns:
        A function from b paths to features (m, 2048) of the pictures that can be opened, and which these are (b,).

    Example:
        >>> pictures("no-such-file.pth")
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: encoder 'resnet50' ...
    """
    with opening("resnet50", INSTALL, model):
        import torch
        from torchvision.models import ResNet50_Weights, resnet50

        if model in ResNet50_Weights.__members__:
            state = ResNet50_Weights[model].get_state_dict(progress=True, check_hash=True)
        elif Path(model).suffix == ".safetensors":
            from safetensors.torch import load_file

            state = load_file(model)
        else:
            state = torch.load(model, map_location="cpu", weights_only=True)
        network = resnet50(num_classes=len(state["fc.bias"]))
        network.load_state_dict(state)
        network.fc = torch.nn.Identity()
        network.eval().to(device())
    return partial(encode_pictures, ready=ResNet50_Weights.IMAGENET1K_V1.transforms(), network=network)
