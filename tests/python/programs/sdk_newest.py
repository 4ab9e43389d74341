"""What the newest SDK offers beyond 0.25: an end of sessions, cancelled samples, storage, and calls that not every server has."""

import json
import os
import time
import urllib.request
import warnings

import tinker
from tinker import types

from sdk_common import data, emit, plan

warnings.simplefilter("ignore")
given = plan()
batch = data(given["batches"][0])


def refused(call):
    try:
        call()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "nothing was refused"


def ledger():
    """What the server has received and executed."""
    address = f"{os.environ['TINKER_BASE_URL']}/api/v1/local/ledger"
    with urllib.request.urlopen(urllib.request.Request(address, headers={"x-api-key": os.environ["TINKER_API_KEY"]})) as answer:
        return json.load(answer)


def awaited(condition):
    while not condition():
        time.sleep(0.02)


with tinker.ServiceClient(display_name="a name") as service:
    training = service.create_lora_training_client(given["model"], rank=given["rank"], seed=given["seed"]).result()
    training.forward_backward(batch, given["loss"]).result()
    path = training.save_state("kept").result().path
    sampled = training.save_weights_for_sampler("sampled").result().path
    sampler = service.create_sampling_client(model_path=sampled).result()
    prompt = types.ModelInput.from_ints(given["batches"][0][0]["tokens"])
    short = types.SamplingParams(max_tokens=2, seed=1)

    emit(what="save_weights_external", refused=refused(lambda: training.save_weights_external("out").result()))
    emit(what="training goes on", step=training.optim_step(types.AdamParams(learning_rate=0.01)).result().metrics["step"])
    rest = tinker.RestClient()
    emit(what="copy_weights", refused=refused(lambda: rest.copy_weights(path, destination_project_id="p").result()))
    emit(what="search_sessions", refused=refused(lambda: rest.search_sessions(types.SessionSearchRequest()).result()))
    [stored] = tinker.AdminClient().get_current_checkpoint_storage_usage().result().data
    emit(what="storage", count=stored.checkpoint_count, there=stored.size_bytes > 0)

    polls = ledger()["requests"]["retrieve_future"]
    unwanted = sampler.sample(prompt, 64, types.SamplingParams(max_tokens=400, seed=2))
    awaited(lambda: ledger()["requests"]["retrieve_future"] > polls)
    unwanted.future().cancel()
    awaited(lambda: "cancel_future" in ledger()["requests"])
    awaited(lambda: any("cancelled" in operation.get("error", "") for operation in ledger()["operations"]))
    emit(what="cancelled")

    unknown = {
        "prompt_alt_tokens_k": 2,
        "prompt_logprobs_last_n": 3,
        "topk_sample_logprobs": 2,
        "target_prompt_logprobs": types.TensorData(data=[1] * (prompt.length - 1), dtype="int64", shape=[prompt.length - 1, 1]),
    }
    for name, value in unknown.items():
        options = {name: value, "include_prompt_logprobs": True}
        emit(what=name, refused=refused(lambda: sampler.sample(prompt, 1, short, **options).result()))
    session = training.get_info().model_id.split(":")[0]
emit(what="finished", session=session)
service.close("errored").result()
