"""Dashboard pages about payments: captures, refunds, bank transfers and the work queue."""
