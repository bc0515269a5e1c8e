"""What a study is made of. A study imports from `bench.harness.study` alone."""
