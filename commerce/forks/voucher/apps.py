from oscar.apps.voucher.apps import VoucherConfig as OscarVoucherConfig


class VoucherConfig(OscarVoucherConfig):
    name = "commerce.forks.voucher"
