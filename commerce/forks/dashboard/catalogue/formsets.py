from commerce.dashboard.option_group_forms import AttributeOptionFormSet  # noqa: F401
