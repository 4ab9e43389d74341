"""A server that exchanges the key for a token; who the caller is."""

from requests_common import datum, run, small_client


def program(service):
    training = small_client(service)
    training.forward([datum()], "cross_entropy").result()
    service.create_rest_client().whoami().result()


run(program)
