"""Readers in a child process with limits that the kernel holds."""
