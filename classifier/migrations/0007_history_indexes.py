from django.db import migrations, models
from django.db.models.functions import Coalesce, Concat, Lower

BATCH = 2000
# Indexes are built while others write, where the database can do that.
# Each step can be repeated after an interruption, as they share no transaction.


class AddIndexQuietly(migrations.AddIndex):
    """Build an index while others write (PostgreSQL); what is half built goes first."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        schema_editor.execute(
            f"DROP INDEX CONCURRENTLY IF EXISTS {schema_editor.quote_name(self.index.name)}"
        )
        schema_editor.add_index(model, self.index, concurrently=True)


def fill(apps, schema_editor):
    """Copy the answers to the submissions, a batch at a time, so that nobody waits.

    The older release may run meanwhile; what it still adds or changes is put right by
    `manage.py index_history` when it has stopped.
    """
    alias = schema_editor.connection.alias
    Submission = apps.get_model("classifier", "Submission")
    rows = Submission.objects.using(alias).order_by("pk")
    values = expressions(apps, alias)
    last = None
    while True:
        rest = rows.filter(pk__gt=last) if last else rows
        batch = list(rest.values_list("pk", flat=True)[:BATCH])
        if not batch:
            return
        rows.order_by().filter(pk__in=batch).update(**values)
        last = batch[-1]


def expressions(apps, alias):
    Prediction = apps.get_model("classifier", "Prediction")
    Dispute = apps.get_model("classifier", "Dispute")
    newest = Prediction.objects.using(alias).filter(submission=models.OuterRef("pk"))
    newest = newest.order_by("-created_at", "-pk")
    correction = Dispute.objects.using(alias).filter(pk=models.OuterRef("correction_id"))
    appeals = Dispute.objects.using(alias).filter(submission=models.OuterRef("pk"))
    state = models.Case(
        models.When(status="reviewed", then=models.Value("open")), default="status"
    )
    appeals = appeals.order_by("-created_at", "-pk").annotate(state=state)
    label = Concat("model_name", models.Value(" "), "model_version")
    verdict = Coalesce(models.Subquery(newest.values("verdict")[:1]), models.Value(""))
    return {
        "verdict": verdict,
        "final_verdict": Coalesce(
            models.Subquery(correction.values("reviewer_label")[:1]), verdict
        ),
        "ai_probability": Coalesce(
            models.Subquery(newest.values("ai_probability")[:1]), models.Value(0.5)
        ),
        "model": Coalesce(
            models.Subquery(newest.annotate(label=label).values("label")[:1]),
            models.Value(""),
        ),
        "feedback": Coalesce(
            models.Subquery(appeals.values("state")[:1]), models.Value("none")
        ),
        "name_key": Lower("original_name"),
    }


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ("classifier", "0006_history_columns"),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        AddIndexQuietly(
            model_name="submission",
            index=models.Index(
                fields=[
                    *("owner", "-created_at", "-id"),
                    *("final_verdict", "verdict", "source", "feedback", "model"),
                    *("ai_probability", "name_key"),
                ],
                name="history_by_date",
            ),
        ),
        AddIndexQuietly(
            model_name="submission",
            index=models.Index(
                fields=["owner", "ai_probability", "id"], name="history_by_score"
            ),
        ),
        AddIndexQuietly(
            model_name="submission",
            index=models.Index(
                fields=["owner", "name_key", "id"], name="history_by_name"
            ),
        ),
        AddIndexQuietly(
            model_name="submission",
            index=models.Index(fields=["owner", "model"], name="history_models"),
        ),
        migrations.RemoveIndex(model_name="submission", name="submission_history"),
    ]
