from __future__ import annotations

import pytest

from studio.importers.quality.languages import languages_of

SENTENCES = {
    "en": "I want my money back, the parcel never arrived.",
    "de": "Das Paket ist nie angekommen und niemand antwortet.",
    "fr": "Je veux être remboursé, le colis n'est jamais arrivé.",
    "es": "Quiero que me devuelvan el dinero, el paquete no llegó.",
    "it": "Voglio i miei soldi indietro, il pacco non è mai arrivato.",
    "pl": "Chcę zwrotu pieniędzy, paczka nigdy nie dotarła.",
    "tr": "Paramı geri istiyorum, paket hiç gelmedi.",
    "ru": "Я хочу вернуть деньги, посылка так и не пришла.",
    "uk": "Я хочу повернути гроші, посилка так і не прийшла.",
    "ar": "أريد استعادة أموالي، الطرد لم يصل أبدا.",
    "fa": "می‌خواهم پولم را پس بگیرم، بسته هرگز نرسید.",
    "hi": "मुझे अपने पैसे वापस चाहिए, पार्सल कभी नहीं आया।",
    "el": "Θέλω πίσω τα χρήματά μου.",
    "he": "אני רוצה את הכסף שלי בחזרה",
    "th": "ฉันต้องการเงินคืน",
    "ko": "환불해 주세요, 택배가 오지 않았어요.",
    "ja": "返金してください。荷物が届きません。",
    "zh": "送餐很慢,味道一般,我要退款",
}


def test_a_sentence_is_told_by_its_language() -> None:
    assert dict(zip(SENTENCES, languages_of(list(SENTENCES.values())), strict=True)) == {
        code: code for code in SENTENCES
    }


@pytest.mark.parametrize(
    "text", ["", "12345 !!!", "ok", "😀😀😀", "https://example.org/a", "a@b.co"]
)
def test_what_has_no_language_is_unclear(text: str) -> None:
    assert languages_of([text]) == [""]


def test_chinese_with_foreign_names_is_chinese() -> None:
    assert languages_of(["我的iPhone坏了怎么办", "KFC的味道不错"]) == ["zh", "zh"]


def test_the_neighbours_of_a_text_do_not_matter() -> None:
    texts = [*SENTENCES.values(), "", "ok"]
    assert [languages_of([text])[0] for text in texts] == languages_of(texts)
    assert languages_of([]) == []
