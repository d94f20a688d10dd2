"""A master that nobody here wrote: pymodbus asks a Modbus TCP server on loopback, and prints what it got as JSON, a line each.

Arguments: port, then questions. "fc:unit:address:count" reads by function code 1 to 4, "id:unit" asks for the identification,
"write:unit:address:value…" writes a register by function 6, or several by function 16, "coil:unit:address:value" a coil. An answer is {"items": […]}, {"texts": […]} or {"exception": code}.
"--tls=authority,certificate,key" (PEM files) before them asks by Modbus/TCP Security.
"""

import json
import ssl
import sys

from pymodbus.client import ModbusTcpClient, ModbusTlsClient


def ask(client: ModbusTcpClient, question: str) -> dict:
    kind, unit, *rest = question.split(":")
    unit, rest = int(unit), [int(one) for one in rest]
    if kind == "id":
        answer = client.read_device_information(read_code=1, object_id=0, device_id=unit)
    elif kind == "write" and len(rest) == 2:
        answer = client.write_register(rest[0], rest[1], device_id=unit)
    elif kind == "write":
        answer = client.write_registers(rest[0], rest[1:], device_id=unit)
    elif kind == "coil":
        answer = client.write_coil(rest[0], bool(rest[1]), device_id=unit)
    else:
        reads = {
            1: client.read_coils,
            2: client.read_discrete_inputs,
            3: client.read_holding_registers,
            4: client.read_input_registers,
        }
        answer = reads[int(kind)](rest[0], count=rest[1], device_id=unit)
    if answer.isError():
        return {"exception": answer.exception_code}
    if kind == "id":
        return {"texts": [text.decode() for _, text in sorted(answer.information.items())]}
    if kind in ("write", "coil"):
        return {"items": []}
    return {"items": answer.bits[: rest[1]] if kind in "12" else answer.registers}


def connect(port: int, files: list[str]) -> ModbusTcpClient:
    if not files:
        return ModbusTcpClient("127.0.0.1", port=port, timeout=5, retries=0)
    context = ssl.create_default_context(cafile=files[0])
    context.check_hostname = False
    context.load_cert_chain(files[1], files[2])
    return ModbusTlsClient("127.0.0.1", port=port, sslctx=context, timeout=5, retries=0)


def main() -> None:
    arguments = sys.argv[1:]
    files = arguments.pop(0).removeprefix("--tls=").split(",") if arguments[0].startswith("--tls=") else []
    client = connect(int(arguments.pop(0)), files)
    if not client.connect():
        sys.exit("no connection")
    for question in arguments:
        print(json.dumps(ask(client, question)), flush=True)
    client.close()


main()
