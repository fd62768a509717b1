"""Prints the events of the feed, each once. Needs the packages kafka-python and fastavro."""

import io
import json
import os
import urllib.request

import fastavro
from kafka import KafkaConsumer

request = urllib.request.Request(
    os.environ.get("API", "http://127.0.0.1:5173") + "/api/events/schemas",
    headers={"authorization": "Bearer " + os.environ.get("TOKEN", "")},
)
with urllib.request.urlopen(request) as answer:
    known = json.load(answer)["schemas"]
schemas = {item["fingerprint"]: fastavro.parse_schema(item["schema"], named_schemas={}) for item in known}


def decode(value):
    """The event in single-object encoding: C3 01, the schema's fingerprint (little-endian), the body."""
    schema = schemas.get(value[9:1:-1].hex())
    return None if schema is None else fastavro.schemaless_reader(io.BytesIO(value[10:]), schema, None)


# The newest revision of each stream: what is not above it has been seen.
seen = {}
left = int(os.environ.get("COUNT", "0")) or None

consumer = KafkaConsumer(
    os.environ.get("TOPIC", "ihuman.events"),
    bootstrap_servers=os.environ.get("BROKERS", "127.0.0.1:9092").split(","),
    group_id=os.environ.get("GROUP", "feed-example-python"),
    auto_offset_reset="earliest",
)
for message in consumer:
    attributes = {name: value.decode() for name, value in message.headers}
    stream = attributes["ce_subject"]
    revision = int(attributes["ce_streamrevision"])
    if revision <= seen.get(stream, -1):
        continue
    seen[stream] = revision
    line = {
        "type": attributes["ce_type"],
        "stream": stream,
        "revision": revision,
        "position": attributes["ce_sequence"],
        "data": decode(message.value),
    }
    print(json.dumps(line, default=lambda value: value.hex()), flush=True)
    if left is not None:
        left -= 1
        if left == 0:
            break
consumer.close()
