"""Measures Tandem beside PostgreSQL and MariaDB; `Benchmarks/run` starts it."""
