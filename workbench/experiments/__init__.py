"""Studies (ablations), the paper's table on your data, and the results that README shows."""
