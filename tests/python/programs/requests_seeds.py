"""Seeds of models and of samples that a double cannot hold."""

from requests_common import got, run, small_client, types


def program(service):
    small_client(service, seed=2**53 + 1)
    sampler = got(service.create_sampling_client(base_model="local/tiny"))
    prompt = types.ModelInput.from_ints([1, 2, 3])
    for seed in (0, 2**53 - 1, 2**53 + 1, 2**64 - 1):
        params = types.SamplingParams(max_tokens=1, seed=seed)
        sampler.sample(prompt, num_samples=1, sampling_params=params).result()


run(program)
