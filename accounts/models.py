"""People and their API tokens."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from knox.models import AbstractAuthToken

from accounts.webhooks_models import DeliveryState as DeliveryState
from accounts.webhooks_models import WebhookDelivery as WebhookDelivery
from accounts.webhooks_models import WebhookEndpoint as WebhookEndpoint
from accounts.webhooks_models import WebhookEvent as WebhookEvent
from classifier.callers import Scope
from classifier.keeping import Keeps

SOON = timedelta(days=7)


class User(AbstractUser):
    """A person. The e-mail address is unique whatever the case of its letters."""

    email = models.EmailField("e-mail address", max_length=254)
    # The default of the database serves the version before while two run side by side.
    keeps = models.CharField(
        _("what is kept of pictures"),
        max_length=8,
        choices=Keeps.choices,
        default=Keeps.PREVIEW,
        db_default=Keeps.PREVIEW,
    )

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


def all_scopes() -> list[str]:
    """What a token may do unless its owner says less."""
    return list(Scope.values)


class ApiToken(AbstractAuthToken):
    """A named key for the APIs; only its SHA-512 digest is stored."""

    name = models.CharField(max_length=60)
    # The default of the database serves the version before while two run side by side.
    scopes = models.JSONField(default=all_scopes, db_default=["predict", "history"])
    last_used = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return f"{self.name} ({self.token_key}…)"

    @property
    def is_expired(self) -> bool:
        """Whether its time has passed."""
        return self.expiry is not None and self.expiry <= timezone.now()

    @property
    def expires_soon(self) -> bool:
        """Whether its last week has begun."""
        if self.expiry is None or self.is_expired:
            return False
        return self.expiry - timezone.now() <= SOON

    @property
    def scope_names(self) -> list[str]:
        """Its scopes in words."""
        return [str(scope.label) for scope in Scope if scope in self.scopes]
