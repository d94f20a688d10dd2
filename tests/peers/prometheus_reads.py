"""Prometheus' own parser of its text format, as its Python client brings it.

Reads the text from standard input; prints each sample as a JSON line {"family", "type", "name", "labels", "value"}.
"""

import json
import sys

from prometheus_client.parser import text_string_to_metric_families

for family in text_string_to_metric_families(sys.stdin.read()):
    for sample in family.samples:
        print(json.dumps({
            "family": family.name,
            "type": family.type,
            "name": sample.name,
            "labels": sample.labels,
            "value": sample.value,
        }))
