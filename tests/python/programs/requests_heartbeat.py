"""A session that is left alone until its first heartbeat."""

import time

from requests_common import run, small_client


def program(service):
    small_client(service)
    time.sleep(11)


run(program)
