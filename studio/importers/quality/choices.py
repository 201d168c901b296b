"""What to do with doubled and personal data at import, and how to check what is there."""

from __future__ import annotations

from typing import Final, Literal

from studio.core.options import Options, option

Kind = Literal["email", "phone", "card", "iban"]

KINDS: Final[tuple[Kind, ...]] = ("email", "phone", "card", "iban")
"""Kinds of personal data that are found."""


class ImportChoices(Options):
    """What an import does beside bringing documents in.

    The defaults leave nothing out and change no text; what is found is counted either way.
    """

    duplicates: Literal["keep", "merge"] = option(
        "keep",
        title="Equal texts",
        help="Keep brings every row in and counts the equal ones. Merge keeps the first of equal "
        "texts, in this file and in the project, and gives it the label and votes it lacks; "
        "other columns of the rows left out are lost. Texts count as equal if they differ in "
        "blanks only.",
    )
    mask_emails: bool = option(
        False,
        title="Mask email addresses",
        help="Each becomes a token such as [EMAIL_1], in the text only, not in other columns. "
        "An administrator can have the original shown.",
    )
    mask_phones: bool = option(
        False,
        title="Mask phone numbers",
        help="International and usual national forms become tokens such as [PHONE_1].",
    )
    mask_cards: bool = option(
        False,
        title="Mask card numbers",
        help="Numbers of payment cards whose check digit is right become tokens such as [CARD_1].",
    )
    mask_ibans: bool = option(
        False,
        title="Mask bank accounts",
        help="IBANs whose check digits are right become tokens such as [IBAN_1].",
    )

    @property
    def masked_kinds(self) -> tuple[Kind, ...]:
        """The kinds of personal data to mask."""
        chosen = (self.mask_emails, self.mask_phones, self.mask_cards, self.mask_ibans)
        return tuple(kind for kind, wanted in zip(KINDS, chosen, strict=True) if wanted)


class CheckOptions(Options):
    """How the documents of a project are checked."""

    threshold: float = option(
        0.8,
        title="Near-duplicates from",
        help="Share of common letter triples from which two texts count as near-duplicates. "
        "0.8 finds a changed word in a sentence; lower finds more and takes longer.",
        minimum=0.5,
        maximum=1.0,
    )
    all_languages: bool = option(
        False,
        title="Language of every document",
        help="Otherwise the mix of languages is estimated on 50,000 documents drawn at random.",
        advanced=True,
    )
