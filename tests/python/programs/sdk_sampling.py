"""Samples from weights it has trained and saved, in every way there is, and writes all that came of it."""

import asyncio
import pickle

from tinker import types

from sdk_common import adam, create, data, emit, open_service, plan, settled

given = plan()
service = open_service()
prompt = types.ModelInput.from_ints(given["prompt"])


def sampled(response):
    return {
        "sequences": [{"stop": each.stop_reason, "tokens": each.tokens, "logprobs": each.logprobs} for each in response.sequences],
        "prompt": response.prompt_logprobs,
        "topk": response.topk_prompt_logprobs,
    }


def parameters(case):
    names = {"maxTokens": "max_tokens", "seed": "seed", "stop": "stop", "temperature": "temperature", "topK": "top_k", "topP": "top_p"}
    return types.SamplingParams(**{names[name]: value for name, value in case["params"].items()})


def sample(client, case):
    return client.sample(
        prompt,
        num_samples=case["numSamples"],
        sampling_params=parameters(case),
        include_prompt_logprobs=case["promptLogprobs"],
        topk_prompt_logprobs=case["topk"],
    )


def all_of(client):
    futures = [sample(client, case) for case in given["cases"]]
    return [sampled(future.result()) for future in futures]


async def all_with_asyncio(client):
    async def one(case):
        return await client.sample_async(
            prompt,
            num_samples=case["numSamples"],
            sampling_params=parameters(case),
            include_prompt_logprobs=case["promptLogprobs"],
            topk_prompt_logprobs=case["topk"],
        )

    return [sampled(each) for each in await asyncio.gather(*(one(case) for case in given["cases"]))]


training = create(service, given)
for batch in given["batches"]:
    training.forward_backward(data(batch), given["loss"]).result()
    training.optim_step(adam(given["adam"])).result()

path = training.save_weights_for_sampler("named").result().path
named = settled(service.create_sampling_client(model_path=path))
emit(what="named checkpoint", results=all_of(named))
emit(what="compute_logprobs", results=named.compute_logprobs(prompt).result())
emit(what="base model of it", results=named.get_base_model())

fleeting = settled(training.save_weights_and_get_sampling_client())
emit(what="save_weights_and_get_sampling_client", results=all_of(fleeting))
emit(what="create_sampling_client of the training client", results=all_of(settled(training.create_sampling_client(path))))
emit(what="unpickled", results=all_of(pickle.loads(pickle.dumps(named))))


async def with_asyncio():
    client = await service.create_sampling_client_async(model_path=path)
    emit(what="asyncio", results=await all_with_asyncio(client), logprobs=await client.compute_logprobs_async(prompt))
    client = await training.save_weights_and_get_sampling_client_async()
    emit(what="save_weights_and_get_sampling_client_async", results=await all_with_asyncio(client))


asyncio.run(with_asyncio())
base = settled(service.create_sampling_client(base_model=given["model"]))
emit(what="base model", results=all_of(base), logprobs=base.compute_logprobs(prompt).result())
