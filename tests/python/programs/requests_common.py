"""What the programs share whose requests are recorded; tests/recorded/programs holds the same in TypeScript."""

import logging
import warnings

import tinker
from tinker import types

warnings.simplefilter("ignore")
logging.disable(logging.WARNING)

TEXT = "To be, or not to be, that is the question"


def got(value):
    """Version 0.25 gives clients; newer ones give futures of them."""
    return value.result() if hasattr(value, "result") else value


def refused(future):
    """The scripted failure of a pass: the request counts, not its answer."""
    try:
        future.result()
    except Exception:
        return
    raise AssertionError("the scripted failure did not come")


def datum(text=TEXT):
    """Each byte of the text predicts the next."""
    tokens = list(text.encode())
    return types.Datum(
        model_input=types.ModelInput.from_ints(tokens[:-1]),
        loss_fn_inputs={
            "target_tokens": types.TensorData(data=tokens[1:], dtype="int64", shape=[len(tokens) - 1]),
            "weights": types.TensorData(
                data=[1.0] * (len(tokens) - 1), dtype="float32", shape=[len(tokens) - 1]
            ),
        },
    )


def small_client(service, seed=1):
    return got(service.create_lora_training_client(base_model="local/tiny", rank=4, seed=seed))


def finish(service):
    """Newer SDKs tell the server that a session is over."""
    if hasattr(service, "close"):
        service.close("success", detail="done").result()


def run(program):
    service = tinker.ServiceClient()
    program(service)
    finish(service)
