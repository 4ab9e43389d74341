"""A loss of the caller's own, with weights and without, and a step after it."""

from requests_common import datum, run, small_client, types


def squares(data, logprobs):
    loss = sum((values * values).sum() for values in logprobs)
    return loss, {"custom": float(loss)}


def weightless():
    full = datum("no weights")
    return types.Datum(
        model_input=full.model_input,
        loss_fn_inputs={"target_tokens": full.loss_fn_inputs["target_tokens"]},
    )


def program(service):
    training = small_client(service)
    training.forward_backward_custom([datum(), weightless()], squares).result()
    training.optim_step(types.AdamParams()).result()


run(program)
