"""Samples with every setting, one after another."""

from requests_common import got, run, types


def program(service):
    sampler = got(service.create_sampling_client(base_model="local/tiny"))
    prompt = types.ModelInput.from_ints(list(b"To be, or not"))

    def sample(count=1, **settings):
        wanted = {name: settings.pop(name) for name in list(settings) if "prompt_logprobs" in name}
        params = types.SamplingParams(**settings)
        sampler.sample(prompt, num_samples=count, sampling_params=params, **wanted).result()

    sample(max_tokens=1)
    sample(2, max_tokens=4, seed=7, stop=["x", "\n"], temperature=0.7, top_k=5, top_p=0.9)
    sample(max_tokens=2, seed=7, stop=[120, 10], temperature=0.0)
    sample(max_tokens=2, seed=7, stop="x")
    sample(max_tokens=1, seed=7, include_prompt_logprobs=True)
    sample(max_tokens=1, seed=7, include_prompt_logprobs=True, topk_prompt_logprobs=3)
    sampler.compute_logprobs(prompt).result()


run(program)
