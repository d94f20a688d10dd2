// How a route of the pretend hub is written, and how it refuses.
import type { ServerResponse } from 'node:http';

export interface Call {
  params: string[];
  query: URLSearchParams;
  body: Record<string, string>;
  response: ServerResponse;
}
export type Handler = (call: Call) => unknown;

export class Fault extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly fields?: { field: string; message_code: string; message: string }[],
  ) {
    super(code);
  }
}
