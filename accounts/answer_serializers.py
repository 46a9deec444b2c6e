"""The parts of answers, for the document of the history API."""

from __future__ import annotations

from rest_framework import serializers

from classifier.models import Verdict


class ModelSerializer(serializers.Serializer):
    """Which model gave an answer."""

    name = serializers.CharField()
    version = serializers.CharField()


class ImageSerializer(serializers.Serializer):
    """The facts about the file, as its content gave them."""

    width = serializers.IntegerField()
    height = serializers.IntegerField()
    format = serializers.CharField()
    sha256 = serializers.CharField()
    byte_size = serializers.IntegerField()


class CorrectionSerializer(serializers.Serializer):
    """A reviewer's decision, which supersedes the label."""

    label = serializers.ChoiceField(Verdict.choices)
    note = serializers.CharField()
    decided_at = serializers.DateTimeField()


class FlipSerializer(serializers.Serializer):
    """The answer before the newest, where it had another label."""

    label = serializers.ChoiceField(Verdict.choices)
    ai_probability = serializers.FloatField()
    model = ModelSerializer()


class SignalSerializer(serializers.Serializer):
    """One statement of the file about its origin."""

    source = serializers.CharField()
    claim = serializers.CharField()
    detail = serializers.CharField()
    # Answers of the first release have neither.
    strength = serializers.CharField(required=False)
    data = serializers.DictField(child=serializers.CharField(), required=False)


class DisputedSerializer(serializers.Serializer):
    """The answer that an appeal is about."""

    label = serializers.ChoiceField(Verdict.choices)
    model = ModelSerializer()
