"""What the sdk_* programs share: their plan, and how results are written for the test to compare."""

import json
import sys

import numpy as np
import tinker
from tinker import types


def plan():
    """The plan that the test wrote, by the path in the first argument."""
    with open(sys.argv[1]) as file:
        return json.load(file)


def emit(**fields):
    print(json.dumps(fields, allow_nan=False), flush=True)


def tensor(value):
    return {"dtype": value.dtype, "shape": value.shape, "data": value.data}


def datum(given):
    inputs = {
        name: types.TensorData.from_numpy(np.array(values, dtype=np.int64 if name == "target_tokens" else np.float32))
        for name, values in given["inputs"].items()
    }
    return types.Datum(model_input=types.ModelInput.from_ints(given["tokens"]), loss_fn_inputs=inputs)


def data(given):
    return [datum(each) for each in given]


def passed(output):
    """A pass's result: every tensor of every datum, and every metric."""
    outputs = [{name: tensor(value) for name, value in each.items()} for each in output.loss_fn_outputs]
    return {"type": output.loss_fn_output_type, "outputs": outputs, "metrics": output.metrics}


def adam(given):
    return types.AdamParams(
        learning_rate=given["learningRate"],
        beta1=given["beta1"],
        beta2=given["beta2"],
        eps=given["eps"],
        weight_decay=given["weightDecay"],
        grad_clip_norm=given["gradClipNorm"],
    )


def create(service, given):
    client = service.create_lora_training_client(given["model"], rank=given["rank"], seed=given["seed"])
    return settled(client)


def settled(client):
    """A client as 0.25 gives it; newer SDKs give a future of it, which still passes for the client itself."""
    return client.result() if hasattr(client, "result") else client


def open_service():
    return tinker.ServiceClient()
