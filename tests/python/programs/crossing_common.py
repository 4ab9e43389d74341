"""What the programs about checkpoints and faults share."""

import json
import sys
from typing import Any

import tinker
from tinker import types

BASE_MODEL = "local/tiny"
RANK = 4
SEED = 7
LEARNING_RATE = 0.01


def settled(value: Any) -> Any:
    """A client: newer versions of the SDK give a future of it, older ones the client itself."""
    return value.result() if hasattr(value, "result") else value


def model(service: tinker.ServiceClient) -> tinker.TrainingClient:
    return settled(service.create_lora_training_client(base_model=BASE_MODEL, rank=RANK, seed=SEED))


def batch(step: int) -> list[types.Datum]:
    """Two datums that depend on the step alone; the TypeScript side makes the same."""
    rows = [[(step * 31 + row * 17 + place * 7) % 256 for place in range(17)] for row in range(2)]
    return [
        types.Datum(
            model_input=types.ModelInput.from_ints(row[:-1]),
            loss_fn_inputs={
                "target_tokens": types.TensorData(data=row[1:], dtype="int64", shape=[16]),
                "weights": types.TensorData(data=[1.0] * 16, dtype="float32", shape=[16]),
            },
        )
        for row in rows
    ]


def train(client: tinker.TrainingClient, first: int, last: int) -> list[float]:
    """The losses of the steps, in order; both operations of a step are submitted before either is awaited."""
    losses = []
    for step in range(first, last + 1):
        done = client.forward_backward(batch(step), "cross_entropy")
        stepped = client.optim_step(types.AdamParams(learning_rate=LEARNING_RATE))
        losses.append(done.result().metrics["loss:sum"])
        stepped.result()
    return losses


def given() -> Any:
    """The argument of the program, as JSON."""
    return json.loads(sys.argv[1])


def answer(value: Any) -> None:
    print(json.dumps(value), flush=True)
