"""The Gradio page: a module for each tab, and what they share."""
