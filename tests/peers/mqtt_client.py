"""An MQTT client that nobody here wrote: paho-mqtt at a broker on loopback, by TLS.

Arguments: port, file of the authority, protocol (4 for 3.1.1, 5), user, password; then either
"watch" and topics: prints "ready", then each message as a JSON line {"topic", "retain", "qos", "text"} or, of Sparkplug,
{"topic", "retain", "qos", "payload"} as the classes made of sparkplug_b.proto have it; until it is ended; or
"rebirth" and a topic: publishes Sparkplug's command "Node Control/Rebirth" there; or
"say", a topic and a text.
"""

import json
import sys

import paho.mqtt.client as mqtt
from google.protobuf.json_format import MessageToDict
from pysparkplug import _protobuf as sparkplug


def show(_client, _data, message) -> None:
    told = {"topic": message.topic, "retain": bool(message.retain), "qos": message.qos}
    if message.topic.startswith("spBv1.0/"):
        payload = sparkplug.Payload.FromString(message.payload)
        told["payload"] = MessageToDict(payload, preserving_proto_field_name=True)
    else:
        told["text"] = message.payload.decode()
    print(json.dumps(told), flush=True)


def main() -> None:
    port, authority, protocol, user, password, act, *rest = sys.argv[1:]
    client = mqtt.Client(protocol=int(protocol))
    client.username_pw_set(user, password)
    client.tls_set(ca_certs=authority)
    client.on_message = show
    client.connect("127.0.0.1", int(port), keepalive=30)
    if act == "watch":
        client.on_connect = lambda *_: client.subscribe([(topic, 1) for topic in rest])
        client.on_subscribe = lambda *_: print("ready", flush=True)
        client.loop_forever()
        return
    payload = rest[1].encode() if act == "say" else b""
    if act == "rebirth":
        command = sparkplug.Payload()
        metric = command.metrics.add()
        metric.name, metric.datatype, metric.boolean_value = "Node Control/Rebirth", 11, True
        payload = command.SerializeToString()
    client.loop_start()
    client.publish(rest[0], payload, qos=1).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


main()
