"""What reviewers send."""

from __future__ import annotations

from uuid import UUID

from django import forms

from taizhang import catalogue
from taizhang.review.reasons import ASK_AGAIN, REASONS


class DecideForm(forms.Form):
    """One record as it was shown."""

    version = forms.IntegerField(min_value=1)


class ReasonForm(forms.Form):
    """Canned reasons and a sentence."""

    reason = forms.MultipleChoiceField(choices=tuple(REASONS.items()), required=False)
    note = forms.CharField(max_length=500, required=False)

    MISSING = "退回要写明理由：选一条常用理由，或写一句话。"

    def clean(self) -> dict[str, object]:
        data = super().clean() or {}
        if not self.errors and not (data.get("reason") or data.get("item") or data.get("note")):
            raise forms.ValidationError(self.MISSING, code="reason_missing")
        return data

    @property
    def said(self) -> str:
        """The reasons and the sentence as one text."""
        words = [REASONS[key] for key in self.cleaned_data["reason"]]
        return "；".join([*words, *([self.cleaned_data["note"]] if self.cleaned_data["note"] else [])])


class ReturnForm(ReasonForm, DecideForm):
    """Reasons, items with words of their own, and a sentence; at least one of them."""

    item = forms.MultipleChoiceField(choices=(), required=False)

    MISSING = "退回要写明理由：选一条常用理由，标出要改的项目，或写一句话。"

    def __init__(self, data: object = None) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.fields["item"].choices = [(item, item) for item in catalogue.load().items]  # type: ignore[attr-defined]

    @property
    def remarks(self) -> dict[str, str]:
        """Item -> what to mend."""
        return {
            item: str(self.data.get(f"remark-{item}", "")).strip()[:200] or ASK_AGAIN
            for item in self.cleaned_data["item"]
        }


class ManyForm(forms.Form):
    """Rows to approve at once: the ticked ones, or all unchanged of a part of the queue. `expected`: as shown."""

    unchanged = forms.BooleanField(required=False)
    expected = forms.IntegerField(min_value=1, required=False)

    LIMIT = 500  # ticked rows; more are approved by part of the queue

    def clean(self) -> dict[str, object]:
        data = super().clean() or {}
        try:
            data["rows"] = [UUID(one) for one in self.data.getlist("row")]  # type: ignore[attr-defined]
        except ValueError:
            raise forms.ValidationError("没有这些行。请回到名单重新勾选。", code="bad_rows") from None
        if not data["rows"] and not data.get("unchanged"):
            raise forms.ValidationError("还没有勾选。先在名单里勾选要办理的行。", code="none_chosen")
        if len(data["rows"]) > self.LIMIT:
            raise forms.ValidationError(f"一次最多勾选 {self.LIMIT} 行。", code="too_many")
        return data
