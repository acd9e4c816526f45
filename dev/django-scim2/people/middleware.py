"""Who asks? django-scim2's own middleware refuses strangers."""

from django.conf import settings


class Client:
    is_authenticated = True


class Stranger:
    is_authenticated = False


class BearerToken:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        known = request.headers.get("Authorization") == f"Bearer {settings.BEARER_TOKEN}"
        request.user = Client() if known else Stranger()
        return self.get_response(request)
