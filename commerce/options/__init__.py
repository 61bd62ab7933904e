"""Options and variants: what variants differ in, and how shoppers choose between them."""
