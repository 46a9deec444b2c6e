"""A result to take away: as a PDF, and as a picture with the verdict below it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone, translation
from PIL import Image, ImageDraw, ImageFont

from classifier.models import Verdict
from classifier.presentation import percent, present
from classifier.previews import read_preview

if TYPE_CHECKING:
    from fpdf import FPDF

    from classifier.models import Prediction, Submission

CAUTION = (
    "An estimate by a program that is wrong on some pictures, in both directions. "
    "Don't accuse anybody on its ground alone."
)
# Two-tone, so that it reads on paper as well: ink, and grey for what explains.
INK, GREY = (23, 26, 38), (86, 93, 112)
STAMP_COLOURS = {
    Verdict.AI: (138, 37, 173),
    Verdict.HUMAN: (8, 102, 74),
    Verdict.UNCERTAIN: (119, 79, 0),
}
PAGE_WIDTH_MM = 170
PICTURE_HEIGHT_MM = 85
STAMP_MIN_WIDTH = 480
# Letters of our own sentences that the PDF's built-in fonts lack.
REPLACED = str.maketrans("\u2011–’“”", '--\'""')


# The fonts that a PDF and Pillow bring know Latin letters alone.
in_english = translation.override(settings.LANGUAGE_CODE)


def standing_verdict(submission: Submission, prediction: Prediction) -> Verdict:
    """The reviewer's where there is a correction, else the model's."""
    correction = submission.correction
    return Verdict(correction.reviewer_label if correction else prediction.verdict)


@in_english
def report_pdf(
    *, submission: Submission, prediction: Prediction, page_url: str, key_id: str = ""
) -> bytes:
    """The result as a PDF of one page or two; `key_id` is that of the receipt's key."""
    from fpdf import FPDF

    result = present(prediction)
    pdf = FPDF(format="A4")
    pdf.set_margins(20, 18)
    pdf.c_margin = 0
    pdf.set_auto_page_break(True, margin=18)
    pdf.set_title("Result of the AI image detector")
    pdf.set_creation_date(timezone.now())
    pdf.add_page()
    _heading(pdf, "AI image detector: result", 11, GREY)
    if submission.correction:
        corrected = standing_verdict(submission, prediction).label
        _heading(pdf, f"Corrected after review: {corrected}", 20)
        _text(pdf, submission.correction.decision_note)
        _text(pdf, f"Before, the detector said: {result.headline}.")
    else:
        _heading(pdf, result.headline, 20)
        _text(pdf, result.summary)
    _text(pdf, f"Probability of AI: {result.probability}. {result.operating_point}")
    _text(pdf, CAUTION, bold=True)
    _picture(pdf, submission)
    _heading(pdf, "Facts", 13)
    for name, value in _facts(submission, prediction, page_url, key_id):
        _fact(pdf, name, value)
    _heading(pdf, "What the file says about its origin", 13)
    for finding in result.findings:
        _text(pdf, f"{finding.claim} ({finding.strength_word}). {finding.detail}")
    if not result.findings:
        _text(pdf, "Nothing. That means nothing either: most sites remove such data.")
    return bytes(pdf.output())


@in_english
def stamped_picture(*, submission: Submission, prediction: Prediction) -> bytes | None:
    """The preview as JPEG with the verdict in a band below; None without a preview."""
    image = read_preview(submission)
    if image is None:
        return None
    picture = Image.fromarray(image.pixels)
    width = max(picture.width, STAMP_MIN_WIDTH)
    verdict = standing_verdict(submission, prediction)
    lines = _stamp_lines(submission, prediction, verdict)
    size = max(15, width // 44)
    band = round(size * 1.45 * (len(lines) + 1.6))
    sheet = Image.new("RGB", (width, picture.height + band), "white")
    sheet.paste(picture, ((width - picture.width) // 2, 0))
    draw = ImageDraw.Draw(sheet)
    top = picture.height
    draw.rectangle((0, top, width, top + size // 3), fill=STAMP_COLOURS[verdict])
    y = top + size
    for index, line in enumerate(lines):
        font = ImageFont.load_default(size * 1.35 if index == 0 else size)
        draw.text((size, y), line, font=font, fill=INK if index == 0 else GREY)
        y += round(size * (2.0 if index == 0 else 1.45))
    file = io.BytesIO()
    sheet.save(file, "JPEG", quality=90)
    return file.getvalue()


def _stamp_lines(
    submission: Submission, prediction: Prediction, verdict: Verdict
) -> list[str]:
    said = "Corrected after review" if submission.correction else "Estimate"
    judged = prediction.created_at.strftime("%d %b %Y")
    return [
        f"{said}: {verdict.label}",
        f"AI probability {percent(prediction.ai_probability)}, judged {judged}",
        f"Model {prediction.model_name} {prediction.model_version}",
        f"SHA-256 {submission.sha256[:32]}…",
        "A program's estimate; it can be wrong.",
    ]


def _facts(
    submission: Submission, prediction: Prediction, page_url: str, key_id: str
) -> list[tuple[str, str]]:
    size = f"{submission.width} x {submission.height} px, {submission.format}, "
    facts = [
        ("File", submission.original_name),
        ("Picture", f"{size}{submission.byte_size:,} bytes"),
        ("SHA-256", submission.sha256),
        ("Judged", prediction.created_at.strftime("%d %B %Y, %H:%M UTC")),
        ("Judged on", prediction.get_scored_on_display()),
        ("Model", f"{prediction.model_name} {prediction.model_version}"),
        ("Model SHA-256", prediction.model_sha256),
        ("Result page", page_url),
        ("Receipt key", key_id),
    ]
    return [(name, value) for name, value in facts if value]


def _picture(pdf: FPDF, submission: Submission) -> None:
    image = read_preview(submission) if submission.preview else None
    if image is None:
        return
    height, width = image.pixels.shape[:2]
    shown = min(PAGE_WIDTH_MM, PICTURE_HEIGHT_MM * width / height)
    pdf.image(Image.fromarray(image.pixels), w=shown)
    pdf.ln(3)


def _heading(
    pdf: FPDF, text: str, size: float, colour: tuple[int, int, int] = INK
) -> None:
    pdf.ln(2)
    pdf.set_font("helvetica", "B", size)
    pdf.set_text_color(*colour)
    _write(pdf, text, size * 0.5)


def _text(pdf: FPDF, text: str, *, bold: bool = False) -> None:
    pdf.set_font("helvetica", "B" if bold else "", 10)
    pdf.set_text_color(*INK)
    _write(pdf, text, 5)
    pdf.ln(1)


def _fact(pdf: FPDF, name: str, value: str) -> None:
    pdf.set_font("helvetica", "", 10)
    pdf.set_text_color(*GREY)
    pdf.cell(32, 5, name)
    pdf.set_text_color(*INK)
    _write(pdf, value, 5)


def _write(pdf: FPDF, text: str, height: float) -> None:
    """Lines of plain text: nothing in it is read as markup."""
    pdf.multi_cell(
        0,
        height,
        _printable(text),
        align="L",
        new_x="LMARGIN",
        new_y="NEXT",
        wrapmode="WORD" if " " in text else "CHAR",
    )


def _printable(text: str) -> str:
    """What the PDF's built-in fonts have; other letters become question marks."""
    plain = text.translate(REPLACED).replace("…", "...")
    return plain.encode("latin-1", "replace").decode("latin-1")
