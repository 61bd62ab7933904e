from oscar.apps.dashboard.vouchers.apps import (
    VouchersDashboardConfig as OscarVouchersDashboardConfig,
)


class VouchersDashboardConfig(OscarVouchersDashboardConfig):
    name = "commerce.forks.dashboard.vouchers"
