"""Numbers, shapes and names at the edges of what the protocol holds; each pass is answered with a failure."""

from requests_common import refused, run, small_client, types


def program(service):
    training = small_client(service)

    def attempt(tokens, inputs, config=None):
        datum = types.Datum(model_input=types.ModelInput.from_ints(tokens), loss_fn_inputs=inputs)
        refused(training.forward_backward([datum], "dro", config))

    def floats(values, shape):
        return types.TensorData(data=values, dtype="float32", shape=shape)

    def whole(values, shape):
        return types.TensorData(data=values, dtype="int64", shape=shape)

    attempt(
        [0, 2**31 - 1],
        {
            "target_tokens": whole([-1, 2**62], [2]),
            "weights": floats([float("nan"), -0.0], [2]),
            "limits": floats([float("inf"), float("-inf"), 1e-45, 3.4028235e38], [2, 2]),
        },
    )
    attempt([1], {"scalar": floats([0.1], []), "cube": whole([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2])})
    attempt([1], {"ünïcode ✓": floats([1.0], [1])}, {"zero": 0.0, "least": 5e-324, "ünï": 1e308})
    attempt([1], {"empty": floats([], [0])}, {"negative": -0.0})
    attempt(list(range(300)), {"weights": floats([1 / (i + 1) for i in range(300)], [300])}, {})


run(program)
