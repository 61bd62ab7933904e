"""Tasks that run regularly. ``site_project.settings`` imports this setting."""

#: Scheduled tasks: seconds between two runs, and the task (see manage.py run_schedule).
SCHEDULE = [
    (60, "home.tasks.publish_scheduled_pages"),
    (60, "commerce.mail.outbox.send_waiting_mail_task"),
    (60, "commerce.task_leases.requeue_lost_tasks"),
    (60, "commerce.imports.runs.continue_imports"),
    (600, "commerce.stock.alerts.answer_product_alerts"),
    (600, "commerce.orders.provision.provide_waiting_task"),
    (600, "commerce.digital.gift_cards.send_due_gift_cards_task"),
    (3600, "commerce.index.refresh.refresh_available_products"),
    (3600, "commerce.index.bundles.update_all_bundles_task"),
    (600, "commerce.returns.withdrawals.match_new_withdrawals_task"),
    (3600, "commerce.catalogue.related.pair_bought_together_task"),
    (300, "checkout_app.payments.reconcile.reconcile_open_attempts"),
    (3600, "checkout_app.payments.reconcile.reconcile_recent_intents"),
    (86_400, "checkout_app.payments.reconcile.reconcile_refunds_and_disputes"),
    (3600, "checkout_app.payments.hold_warnings.warn_of_ending_holds"),
    (3600, "commerce.accounts.tasks.delete_unverified_accounts"),
    (3600, "commerce.accounts.tasks.forget_old_throttles"),
    (86_400, "commerce.privacy.tasks.apply_retention"),
]
