"""A device that nobody here wrote: pymodbus serving a register image read from standard input.

Each line is "address value" (decimal); an empty line ends the image. Prints its port, then serves every unit id on loopback
until it is killed.
"""

import asyncio
import sys

from pymodbus.datastore import ModbusDeviceContext, ModbusSequentialDataBlock, ModbusServerContext
from pymodbus.server import ModbusTcpServer


def read_image() -> list[int]:
    words = [0] * 65535
    for line in sys.stdin:
        if not line.strip():
            break
        address, value = line.split()
        words[int(address)] = int(value)
    return words


async def main() -> None:
    # The data block counts from 1 where the wire counts from 0.
    block = ModbusSequentialDataBlock(1, read_image())
    device = ModbusDeviceContext(hr=block, ir=block)
    server = ModbusTcpServer(ModbusServerContext(devices=device, single=True), address=("127.0.0.1", 0))
    serving = asyncio.create_task(server.serve_forever())
    while server.transport is None or not server.transport.sockets:
        await asyncio.sleep(0)
    print(server.transport.sockets[0].getsockname()[1], flush=True)
    await serving


if __name__ == "__main__":
    asyncio.run(main())
