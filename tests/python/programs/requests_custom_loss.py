"""A loss of the caller's own, with weights and without, and a step after it."""

import torch
from requests_common import datum, run, small_client, types


def rising(data, logprobs):
    """Linear, so that what is sent does not hang on the last bit of what the server works out."""
    loss = sum((values * torch.arange(1, len(values) + 1)).sum() / 4 for values in logprobs)
    return loss, {"custom": float(loss)}


def weightless():
    full = datum("no weights")
    return types.Datum(
        model_input=full.model_input,
        loss_fn_inputs={"target_tokens": full.loss_fn_inputs["target_tokens"]},
    )


def program(service):
    training = small_client(service)
    training.forward_backward_custom([datum(), weightless()], rising).result()
    training.optim_step(types.AdamParams()).result()


run(program)
