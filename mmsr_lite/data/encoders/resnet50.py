"""ResNet-50 learned on ImageNet, the vector before its classes (paper, section 4.1, where images become e_a)."""

from functools import partial
from pathlib import Path

from mmsr_lite.data.encoders.network import Opened, device, encode_pictures, opening

INSTALL = "pip install torchvision, from where torch came from"
EXAMPLE = "resnet50:FILE.pth, or resnet50:IMAGENET1K_V1 to fetch torchvision's (98 MB)"


def pictures(model: str) -> Opened:
    """A function from paths to (features (m, 2048) of those that open, present); `model` is a state dict or a name.

    The cut is torchvision's for IMAGENET1K_V1: shorter side to 256 pixels, the middle 224 x 224.

    Args:
        model: a file with a state dict, or a name.

    Returns:
        The function.
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
