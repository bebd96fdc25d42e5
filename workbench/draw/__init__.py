"""Pictures, charts and reports: tensors in, images out, the same for page, notebooks and reports."""
