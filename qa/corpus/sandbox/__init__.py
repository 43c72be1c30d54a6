"""The sandbox: format readers in a child process, with limits that the kernel enforces."""
