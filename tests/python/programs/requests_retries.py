"""Every kind of request, the first of each turned away because the server is busy."""

from requests_common import datum, got, run, small_client, types


def program(service):
    training = small_client(service)
    training.forward_backward([datum()], "cross_entropy").result()
    training.optim_step(types.AdamParams()).result()
    saved = training.save_state("busy").result()
    sampled = training.save_weights_for_sampler("busy").result()
    training.load_state(saved.path).result()
    sampler = got(service.create_sampling_client(model_path=sampled.path))
    params = types.SamplingParams(max_tokens=1, seed=1)
    sampler.sample(types.ModelInput.from_ints([1]), num_samples=1, sampling_params=params).result()
    training.get_info()


run(program)
