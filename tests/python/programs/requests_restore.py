"""Training clients from a checkpoint, without and with the optimizer's state."""

from requests_common import got, run, small_client


def program(service):
    saved = small_client(service).save_state("saved").result()
    got(service.create_training_client_from_state(saved.path, user_metadata={"from": "state"}))
    got(service.create_training_client_from_state_with_optimizer(saved.path, base_model="local/tiny"))


run(program)
