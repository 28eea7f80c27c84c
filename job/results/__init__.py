"""Result lines, aggregation, cv_results_, best, coverage."""
