"""Staff pages: who may open them, and what stands behind them."""
