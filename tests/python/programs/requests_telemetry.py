"""A session with telemetry, until its first report is sent."""

import time

from requests_common import small_client, tinker

small_client(tinker.ServiceClient())
time.sleep(11)
