"""Passes with every loss and kind of tensor, optimizer steps with every setting, one call after another."""

from requests_common import datum, run, small_client, types


def tensor(values, shape=None):
    dtype = "float32" if isinstance(values[0], float) else "int64"
    return types.TensorData(data=values, dtype=dtype, shape=shape or [len(values)])


def policy_datum():
    return types.Datum(
        model_input=types.ModelInput.from_ints([5, 6, 7, 8]),
        loss_fn_inputs={
            "target_tokens": tensor([6, 7, 8, 9]),
            "logprobs": tensor([-0.5, -1.25, -2.0, -0.1]),
            "advantages": tensor([1.0, -1.0, 0.5, 0.0]),
        },
    )


def matrix_datum():
    """Two targets a position."""
    return types.Datum(
        model_input=types.ModelInput.from_ints([1, 2, 3]),
        loss_fn_inputs={
            "target_tokens": tensor([2, 4, 3, 5, 4, 6], [3, 2]),
            "weights": tensor([1.0, 0.5, 0.25, 0.0, 1.0, 3.0], [3, 2]),
        },
    )


def sparse_datum():
    def sparse(values, dtype):
        return types.TensorData(
            data=values,
            dtype=dtype,
            shape=[3, 4],
            sparse_crow_indices=[0, 1, 1, 2],
            sparse_col_indices=[1, 3],
        )

    return types.Datum(
        model_input=types.ModelInput.from_ints([1, 2, 3]),
        loss_fn_inputs={
            "target_tokens": sparse([7, 9], "int64"),
            "weights": sparse([1.0, 2.0], "float32"),
        },
    )


def plain_datum():
    """Inputs as bare lists, a prompt of two chunks."""
    return types.Datum(
        model_input=types.ModelInput.from_ints([1, 2]).append_int(3),
        loss_fn_inputs={"target_tokens": [2, 3, 2147483647 % 250], "weights": [0.1, 0.2, 0.7]},
    )


def program(service):
    training = small_client(service)
    training.forward([datum()], "cross_entropy").result()
    training.forward_backward([datum(), datum("Ünïcödé ✓")], "cross_entropy").result()
    training.optim_step(types.AdamParams()).result()
    training.forward_backward([plain_datum()], "cross_entropy").result()
    training.forward_backward([matrix_datum()], "cross_entropy").result()
    training.forward_backward([sparse_datum()], "cross_entropy").result()
    training.forward_backward([policy_datum()], "importance_sampling").result()
    clip = {"clip_low_threshold": 0.9, "clip_high_threshold": 1.1}
    training.forward_backward([policy_datum()], "ppo", clip).result()
    training.forward_backward([policy_datum()], "cispo", {"clip_high_threshold": 2}).result()
    training.optim_step(
        types.AdamParams(
            learning_rate=3e-5, beta1=0.8, beta2=0.999, eps=1e-8, weight_decay=0.01, grad_clip_norm=1.5
        )
    ).result()
    training.optim_step(types.AdamParams(learning_rate=0.001)).result()


run(program)
