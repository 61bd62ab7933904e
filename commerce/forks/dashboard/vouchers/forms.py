from commerce.dashboard.voucher_forms import VoucherForm, VoucherSetForm  # noqa: F401
