"""The benchmarks: `./dev bench`. Figures of one run, on the machine that runs it; trust the ratios."""
