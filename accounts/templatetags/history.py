"""What the pages of the history write in their own way."""

from __future__ import annotations

from django import template

from classifier.presentation import percent

register = template.Library()

register.filter("percent", percent)
