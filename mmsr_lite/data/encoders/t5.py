"""The encoder half of T5; the features are its states, averaged over the real tokens (paper, section 4.1, texts).

The authors' released code averages over padding too, so that a vector depends on the other texts of its batch.
"""

from collections.abc import Sequence

import numpy as np

from mmsr_lite.data.encoders.network import Opened, device, opening

INSTALL = "pip install transformers"
EXAMPLE = "t5:FOLDER, or t5:NAME to fetch a model of that name, such as t5:t5-base (about 900 MB)"
LONGEST = 512  # tokens


def texts(model: str) -> Opened:
    """Load the model, on CUDA when there is one.

    Args:
        model: a folder, or a name on the hub of Hugging Face.

    Returns:
        A function from b texts to features (b, F), and which texts are present (b,).
    """
    with opening("t5", INSTALL, model):
        import torch
        from transformers import AutoTokenizer, T5EncoderModel

        tokenizer = AutoTokenizer.from_pretrained(model)
        network = T5EncoderModel.from_pretrained(model).float().eval().to(device())

    def encode(batch: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        with torch.inference_mode():
            tokens = tokenizer(list(batch), padding=True, truncation=True, max_length=LONGEST, return_tensors="pt")
            tokens = tokens.to(device())
            real = tokens["attention_mask"][..., None].float()  # (b, T, 1)
            states = network(tokens["input_ids"], tokens["attention_mask"]).last_hidden_state  # (b, T, F)
            mean = (states * real).sum(dim=1) / real.sum(dim=1)  # (b, F)
        return mean.cpu().numpy(), np.ones(len(batch), bool)

    return encode
