"""XMP packets: source type, programs, the AIGC label and generators' own fields."""

from __future__ import annotations

from itertools import islice
from xml.etree.ElementTree import Element

from defusedxml import ElementTree

from classifier.provenance import aigc, generation
from classifier.provenance.signals import Signal, clean, finding
from classifier.provenance.software import from_program_name
from classifier.provenance.source_types import SOURCE_TYPES, term_of, weightiest

MAX_PACKET = 512 * 1024
MAX_PROPERTIES = 2000
MAX_VALUE = 32 * 1024

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_PROGRAM_FIELDS = ("CreatorTool", "Software", "Credit", "Source")

Properties = dict[str, list[str]]


def read_xmp(packet: bytes) -> list[Signal]:
    """Signals of an XMP packet. Raises `ValueError` subclasses on malformed XML.

    Document type definitions and entities are refused, so that a packet cannot
    expand. Source: ISO 16684-1; Iptc4xmpExt:DigitalSourceType of the IPTC Photo
    Metadata Standard.
    """
    if not packet or len(packet) > MAX_PACKET:
        return []
    properties = read_properties(packet)
    signals = _from_source_type(properties)
    signals += _from_ai_system(properties)
    signals += _from_programs(properties)
    signals += generation.read_texts("xmp", _generator_texts(properties))
    labels = (aigc.from_label("xmp", text) for text in properties.get("AIGC", []))
    signals += [label for label in labels if label is not None]
    return signals


def read_properties(packet: bytes) -> Properties:
    """Top-level properties by local name: writers disagree on namespaces."""
    root = ElementTree.fromstring(packet.strip(b"\0 \r\n\t"), forbid_dtd=True)
    properties: Properties = {}
    descriptions = islice(root.iter(f"{_RDF}RDF"), 1)
    for description in (child for rdf in descriptions for child in rdf):
        for name, text in islice(_values(description), MAX_PROPERTIES):
            if text:
                properties.setdefault(_local(name), []).append(text[:MAX_VALUE])
    return properties


def _values(description: Element) -> list[tuple[str, str]]:
    values = list(description.attrib.items())
    for element in islice(description, MAX_PROPERTIES):
        values.append((element.tag, _joined_text(element)))
        values += element.attrib.items()
    return values


def _joined_text(element: Element) -> str:
    """The text of a property, whether plain or in an rdf:Alt, rdf:Bag or rdf:Seq."""
    parts = (part.strip() for part in islice(element.itertext(), MAX_PROPERTIES))
    return " ".join(part for part in parts if part)


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _from_source_type(properties: Properties) -> list[Signal]:
    term = weightiest([term_of(v) for v in properties.get("DigitalSourceType", [])])
    if term is None:
        return []
    claim, words = SOURCE_TYPES[term]
    return [
        finding(
            "xmp",
            claim,
            f"The XMP digital source type says that the picture {words}; "
            "anybody can write this field.",
            digital_source_type=term,
        )
    ]


def _from_ai_system(properties: Properties) -> list[Signal]:
    """The four properties that the IPTC standard 2025.1 has for generated pictures."""
    names = {
        "generator": "AISystemUsed",
        "version": "AISystemVersionUsed",
        "prompt": "AIPromptInformation",
        "prompt_writer": "AIPromptWriterName",
    }
    facts = {ours: properties.get(name, [None])[0] for ours, name in names.items()}
    if not any(facts.values()):
        return []
    system = clean(facts["generator"] or "an AI system", 100)
    return [
        finding(
            "xmp",
            "ai",
            f"The XMP fields for AI say that {system} generated the picture; "
            "anybody can write these fields.",
            **facts,
        )
    ]


def _from_programs(properties: Properties) -> list[Signal]:
    found = (
        from_program_name("xmp", f"XMP {field}", value)
        for field in _PROGRAM_FIELDS
        for value in properties.get(field, [])[:3]
    )
    return [signal for signal in found if signal is not None]


def _generator_texts(properties: Properties) -> dict[str, str]:
    texts = {}
    description = next(iter(properties.get("description", [])), "")
    if description:
        texts["Description"] = description
    comment = next(iter(properties.get("UserComment", [])), "")
    if comment and any("Draw Things" in t for t in properties.get("CreatorTool", [])):
        texts["draw_things"] = comment
    elif comment:
        texts["parameters"] = comment
    return texts
