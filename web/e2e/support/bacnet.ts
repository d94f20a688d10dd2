// A datagram of BACnet/IP, as annex F.4.1 of the standard has it, and who answers it.
import { createSocket } from 'node:dgram';

const WHO_IS = Buffer.from([0x81, 0x0a, 0, 8, 1, 0, 0x10, 8]);
const PATIENCE_MS = 10_000;

/** The instance in the I-Am that comes back. */
export function whoIs(address: string): Promise<number> {
  const [host, port] = address.split(':') as [string, string];
  const socket = createSocket('udp4');
  return new Promise<number>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('no I-Am')), PATIENCE_MS);
    socket.on('error', reject);
    socket.on('message', (answer) => {
      clearTimeout(late);
      // Link and network take six bytes, I-Am two, the tag of an object one; an instance has 22 bits.
      resolve(answer.readUInt32BE(9) & 0x3fffff);
    });
    socket.send(WHO_IS, Number(port), host);
  }).finally(() => socket.close());
}
