"""A checkpoint of another account, for which the caller has a token."""

from requests_common import got, run, small_client

TOKEN = "tml-another-account"


def program(service):
    training = small_client(service)
    saved = training.save_state("theirs").result()
    loaded = small_client(service)
    loaded.load_state(saved.path, weights_access_token=TOKEN).result()
    got(service.create_training_client_from_state(saved.path, weights_access_token=TOKEN))


run(program)
