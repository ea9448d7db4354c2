"""What runs on the GPU, written in Triton. No module here imports torch: a process that only compiles starts soon."""
