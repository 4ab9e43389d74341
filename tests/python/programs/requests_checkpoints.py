"""Saves with every option, and sampling from what was saved; a load into an existing model."""

from requests_common import got, run, small_client, types


def program(service):
    training = small_client(service)
    saved = training.save_state("full", ttl_seconds=7200, overwrite=True).result()
    training.save_state("plain").result()
    sampler = training.save_weights_for_sampler("sampled", ttl_seconds=7200).result()
    training.save_weights_for_sampler("plain").result()
    prompt = types.ModelInput.from_ints([1, 2, 3])
    params = types.SamplingParams(max_tokens=2, seed=1)
    named = got(training.create_sampling_client(sampler.path))
    named.sample(prompt, num_samples=1, sampling_params=params).result()
    ephemeral = got(training.save_weights_and_get_sampling_client())
    ephemeral.sample(prompt, num_samples=1, sampling_params=params).result()

    loaded = small_client(service, seed=2)
    loaded.load_state(saved.path).result()
    loaded.load_state_with_optimizer(saved.path).result()


run(program)
