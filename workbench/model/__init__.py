"""The paper: the network, its motion module, and its weights."""
