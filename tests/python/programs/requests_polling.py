"""Results that are not there yet, and are announced before they come."""

from requests_common import datum, got, run, small_client, types


def program(service):
    training = small_client(service)
    training.forward_backward([datum()], "cross_entropy").result()
    training.optim_step(types.AdamParams()).result()
    training.save_state("polled").result()
    sampler = got(service.create_sampling_client(base_model="local/tiny"))
    params = types.SamplingParams(max_tokens=1, seed=1)
    sampler.sample(types.ModelInput.from_ints([1]), num_samples=1, sampling_params=params).result()


run(program)
