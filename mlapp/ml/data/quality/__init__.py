"""Data-quality warnings: leakage, outliers, IDs, missing values, near-constant columns, duplicates, imbalance."""
