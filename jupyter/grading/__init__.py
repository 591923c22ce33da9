"""What grading TypeScript notebooks needs beyond nbgrader: a sandbox for the kernel, and fair treatment of bad submissions."""
