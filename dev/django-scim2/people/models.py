"""The tables: what django-scim2's own abstract models ask for, and no more."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django_scim.models import AbstractSCIMGroupMixin, AbstractSCIMUserMixin


class Group(AbstractSCIMGroupMixin):
    name = models.CharField(max_length=254, unique=True)


class User(AbstractSCIMUserMixin, AbstractUser):
    # Longer than Django's 150: an address of a person may be.
    username = models.CharField(max_length=254, unique=True)
    groups = models.ManyToManyField(Group, related_name="user_set")

    @property
    def scim_groups(self):
        return self.groups
