/**
 * A pretended gateway for `npm run dev` and `npm run preview`, so that pages can be worked on without one. Preview also sends the strict
 * content policy of the real gateway, so that a violation shows here first. Nothing of this is in dist/.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Connect, Plugin } from 'vite';
import { answer } from './answers.js';
import { liveNow } from './history.js';

const CSP = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = '';
  const isJson = request.headers['content-type']?.includes('json') ?? false;
  for await (const chunk of request) text += String(chunk);
  return isJson && text ? JSON.parse(text) : {};
}

function stream(request: IncomingMessage, response: ServerResponse, query: URLSearchParams): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const timer = setInterval(() => response.write(`event: values\ndata: ${JSON.stringify(liveNow(query))}\n\n`), 1000);
  request.on('close', () => clearInterval(timer));
}

const middleware: Connect.NextHandleFunction = (request, response, next) => {
  const url = new URL(request.url ?? '/', 'http://localhost');
  if (!url.pathname.startsWith('/api/v1/')) return next();
  const path = url.pathname.slice('/api/v1'.length);
  if (path === '/live/stream') return stream(request, response, url.searchParams);
  void bodyOf(request).then((body) => {
    const result = answer(request.method ?? 'GET', path, url.searchParams, body, String(request.headers['cookie'] ?? ''));
    response.statusCode = result.status;
    for (const [name, value] of Object.entries(result.headers ?? {})) response.setHeader(name, value);
    if (result.text !== undefined) {
      response.setHeader('content-type', result.type ?? 'text/csv; charset=utf-8');
      response.end(result.text);
    } else if (result.body === undefined) response.end();
    else {
      response.setHeader('content-type', result.status < 400 ? 'application/json' : 'application/problem+json');
      response.end(JSON.stringify(result.body));
    }
  });
};

export function fakeApi(): Plugin {
  return {
    name: 'haubert-fake-api',
    configureServer: (server) => void server.middlewares.use(middleware),
    configurePreviewServer: (server) => {
      server.middlewares.use((_request, response, next) => {
        response.setHeader('content-security-policy', CSP);
        next();
      });
      server.middlewares.use(middleware);
    },
  };
}
