"""People and their API tokens."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from knox.models import AbstractAuthToken

from accounts.webhooks_models import DeliveryState as DeliveryState
from accounts.webhooks_models import WebhookDelivery as WebhookDelivery
from accounts.webhooks_models import WebhookEndpoint as WebhookEndpoint
from accounts.webhooks_models import WebhookEvent as WebhookEvent


class User(AbstractUser):
    """A person. The e-mail address is unique whatever the case of its letters."""

    email = models.EmailField("e-mail address", max_length=254)

    objects = UserManager()

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="accounts_user_email_unique",
                # Users made by commands may have none.
                condition=~models.Q(email=""),
                violation_error_message="There is an account with this address.",
            ),
        ]


class ApiToken(AbstractAuthToken):
    """A named key for the APIs; only its SHA-512 digest is stored."""

    name = models.CharField(max_length=60)
    last_used = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return f"{self.name} ({self.token_key}…)"

    @property
    def is_expired(self) -> bool:
        """Whether its time has passed."""
        return self.expiry is not None and self.expiry <= timezone.now()
