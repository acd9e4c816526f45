"""A SCIM server on django-scim2, with its tables in memory: the worst behaved
server of the integration tests.

    host.py --port PORT --bearer-token TOKEN

It listens on 127.0.0.1, below /scim/v2. Whatever is not said here is as
django-scim2 does it by default.
"""

import argparse
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application


class Server(WSGIServer):
    # One request at a time is served, because a database in memory is of one
    # thread; meanwhile more wait than the usual 5.
    request_queue_size = 128


class Quiet(WSGIRequestHandler):
    def log_request(self, code="-", size="-"):
        pass


def configure(port, token):
    settings.configure(
        ALLOWED_HOSTS=["127.0.0.1"],
        AUTH_USER_MODEL="people.User",
        BEARER_TOKEN=token,
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "people", "django_scim"],
        MIDDLEWARE=["people.middleware.BearerToken", "django_scim.middleware.SCIMAuthCheckMiddleware"],
        # Tables are made from the models as they are.
        MIGRATION_MODULES={"auth": None, "contenttypes": None},
        # The default is slow on purpose, and these passwords open nothing.
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        ROOT_URLCONF="people.urls",
        SCIM_SERVICE_PROVIDER={
            "AUTHENTICATION_SCHEMES": [
                {"type": "oauthbearertoken", "name": "Bearer", "description": "The token of the command line"},
            ],
            "GROUP_MODEL": "people.models.Group",
            "NETLOC": f"127.0.0.1:{port}",
            "SCHEME": "http",
        },
        SECRET_KEY=token,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--bearer-token", required=True)
    arguments = parser.parse_args()
    configure(arguments.port, arguments.bearer_token)
    application = get_wsgi_application()
    call_command("migrate", run_syncdb=True, verbosity=0)
    make_server("127.0.0.1", arguments.port, application, Server, Quiet).serve_forever()
