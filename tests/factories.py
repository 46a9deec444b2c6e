"""Rows for tests, valid by default."""

from __future__ import annotations

import factory
from allauth.account.models import EmailAddress

from accounts.models import User

PASSWORD = "correct horse battery staple"


class UserFactory(factory.django.DjangoModelFactory[User]):
    """A person who signed up."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"person{n}")
    email = factory.LazyAttribute(lambda person: f"{person.username}@example.org")
    password = factory.django.Password(PASSWORD)

    @factory.post_generation
    def address(self: User, create: bool, extracted: None, **_: object) -> None:
        """allauth keeps the address in a table of its own."""
        if create and self.email:
            EmailAddress.objects.create(user=self, email=self.email, primary=True)
