// A master of somebody else's: Modbus TCP by hand, a request at a time on one connection.
import { once } from 'node:events';
import { type Socket, connect } from 'node:net';

const HEADER = 7;

export class Master {
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  #transaction = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.closed = new Promise((done) => socket.once('close', () => done()));
    // Whoever waits for an answer is told; a server that hangs up is no error of the test.
    socket.on('error', () => undefined);
  }

  static async connect(address: string): Promise<Master> {
    const { hostname, port } = new URL(`tcp://${address}`);
    const socket = connect({ host: hostname, port: Number(port) });
    await once(socket, 'connect');
    return new Master(socket);
  }

  /** Holding registers, as the bytes that came. */
  async read(unit: number, register: number, count: number): Promise<Buffer> {
    const pdu = await this.ask(unit, Buffer.from([3, register >> 8, register & 0xff, count >> 8, count & 0xff]));
    if (pdu[0] !== 3) throw new Error(`refused with exception ${pdu[1]}`);
    return pdu.subarray(2);
  }

  /** The answer to a request: function code and what follows it. */
  async ask(unit: number, pdu: Buffer): Promise<Buffer> {
    this.#transaction += 1;
    const header = Buffer.alloc(HEADER);
    header.writeUInt16BE(this.#transaction, 0);
    header.writeUInt16BE(pdu.length + 1, 4);
    header.writeUInt8(unit, 6);
    const answer = this.#answer();
    this.#socket.write(Buffer.concat([header, pdu]));
    return answer;
  }

  close(): void {
    this.#socket.destroy();
  }

  #answer(): Promise<Buffer> {
    let come = Buffer.alloc(0);
    return new Promise((done, fail) => {
      const end = (finish: () => void) => {
        this.#socket.off('data', take);
        this.#socket.off('close', hungUp);
        finish();
      };
      const take = (bytes: Buffer) => {
        come = Buffer.concat([come, bytes]);
        if (come.length >= HEADER && come.length >= HEADER - 1 + come.readUInt16BE(4)) end(() => done(come.subarray(HEADER)));
      };
      const hungUp = () => end(() => fail(new Error('the server hung up')));
      this.#socket.on('data', take);
      this.#socket.once('close', hungUp);
    });
  }
}
