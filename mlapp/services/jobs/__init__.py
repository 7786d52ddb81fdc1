"""Jobs: training in processes of their own."""
