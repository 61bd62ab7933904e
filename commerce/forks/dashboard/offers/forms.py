from commerce.dashboard.offer_forms import BenefitForm, ConditionForm, RestrictionsForm  # noqa: F401
