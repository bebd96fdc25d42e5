"""MotionSqueeze Workbench: use, study and teach learned motion features."""
