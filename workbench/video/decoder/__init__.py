"""What runs in the process that decodes video: files in, frames out; it may crash or be killed without harm.

`worker.py` starts `serve.py` in a process of its own and speaks with it through pipes: a request is one JSON line, an
answer one JSON line followed by the bytes of the frames. So this package imports nothing else of ours (no torch), and a
worker never runs the main module of the user.

A frame is what the decoder gives, in the order in which it gives it. Of ordinary files the packets are known to tell the
same, and to tell it faster; every other is decoded once to find out (`frame_index`). While frames are read the decoder is held
against that index (`decode`), and where it differs the file is decoded whole after all.
"""
