"""Samples that are asked for without waiting in between."""

from requests_common import got, run, types


def program(service):
    sampler = got(service.create_sampling_client(base_model="local/tiny"))
    futures = [
        sampler.sample(
            types.ModelInput.from_ints([token]),
            num_samples=1,
            sampling_params=types.SamplingParams(max_tokens=1, seed=token),
        )
        for token in range(1, 9)
    ]
    for future in futures:
        future.result()


run(program)
