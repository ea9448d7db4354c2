"""The device of a training: the names of devices, and the device that a name means on this machine."""

import re

import torch

from mmsr_lite.errors import MMSRError, SettingError


def check_device(name: str) -> str:
    """Check that a name is one of a device, whether or not this machine has the device.

    Args:
        name: "auto", "cpu", "cuda" or "cuda:" and the number of a GPU.

    Returns:
        The name.

    Raises:
        SettingError: the name is none of these.

    Example:
        >>> check_device("cuda:1")
        'cuda:1'
    """
    if not re.fullmatch(r"auto|cpu|cuda(:[0-9]{1,3})?", name):
        raise SettingError("device", f"unknown device {name!r}; choose from: auto, cpu, cuda, cuda:0, ...")
    return name


def pick_device(name: str = "auto") -> torch.device:
    """Find a device on this machine; a GPU with a number becomes the current one.

    Args:
        name: as for `check_device`; "auto" is the GPU where there is one, else the CPU.

    Returns:
        The device.

    Raises:
        MMSRError: this machine does not have it.

    Example:
        >>> pick_device("cpu")
        device(type='cpu')
    """
    check_device(name)
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cpu":
        return torch.device("cpu")
    if not torch.cuda.is_available():
        fix = "use --device cpu, or run mmsr-lite doctor"
        raise MMSRError(f"device {name!r} was asked for, but torch sees no GPU; {fix}")
    device = torch.device(name)
    if device.index is not None:  # streams and kernels are made on the current GPU
        if device.index >= (count := torch.cuda.device_count()):
            raise MMSRError(f"device {name!r} was asked for, but torch sees {count} GPUs; choose from 0 to {count - 1}")
        torch.cuda.set_device(device)
    return device
